//! The main job in one walk: sign in, see the list, open an entry, come back.

use daybook::core::role::Role;

use crate::{
    database_test,
    support::{TestApp, sample},
};

database_test! {
    async fn a_member_of_staff_finds_an_error_and_comes_back(db: TestDb) {
        db.write(vec![sample::log(sample::minutes_ago(5)), sample::error(sample::minutes_ago(6))]).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;

        let list = client.get("/logs?status=error").await;
        assert_eq!(list.status, 200, "{}", list.text());
        assert_eq!(list.entries().len(), 1);
        let href = list.attribute("#list a[data-row]", "href").expect("an entry");

        let entry = client.get(&href).await;
        assert_eq!(entry.status, 200, "{}", entry.text());
        assert_eq!(entry.texts("h1"), ["Booking could not be confirmed"]);
        assert!(entry.texts("#tb-text .app").iter().any(|line| line.contains("_pick_walker")));
        assert_eq!(entry.attribute(".crumb a", "href").as_deref(), Some("/logs?range=24h&status=error"));
    }
}
