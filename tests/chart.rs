//! What an entry is drawn as in the chart above the list.

use daybook::{core::role::Role, logs::log::NewLog};

use crate::{
    database_test,
    support::{TestApp, sample},
};

database_test! {
    async fn an_error_is_drawn_as_one_whatever_its_status(db: TestDb) {
        let of = |action: &str, status: &str| NewLog {
            action_type: action.to_owned(),
            status: status.to_owned(),
            ..sample::log(sample::minutes_ago(5))
        };
        let all = [("error", "warning"), ("error", "success"), ("error", "odd"), ("login", "error"), ("login", "warning")];
        db.write(all.map(|(action, status)| of(action, status)).to_vec()).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        // From the totals, and entry by entry.
        for query in ["range=24h", "range=24h&member=none"] {
            let list = client.get(&format!("/logs?{query}")).await;
            assert_eq!(list.html().select(&scraper::Selector::parse("#list tr.is-error").expect("css")).count(), 4);
            let page = client.htmx(&format!("/logs/overview?{query}")).await;
            assert_eq!(page.texts("#hist .key"), ["Success 0", "Warning 1", "Error 4"], "{query}");
            let status = |value: &str| page.texts(&format!("b[id$='-status--{value}']"));
            assert_eq!(["error", "warning", "success"].map(status), [["1"], ["2"], ["1"]], "{query}: by status");
        }
    }
}
