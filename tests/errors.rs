//! What is answered when something is wrong: with the request, with Daybook, or with its database.

use daybook::core::role::Role;
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Places, TestApp},
};

database_test! {
    async fn a_filter_for_what_the_log_holds_nothing_of_finds_nothing(db: TestDb) {
        // One entry, an error: so the log holds no other status, no other action, and one address.
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for query in ["status=!error", "action_type=error&status=!error", "ip=198.51.100.0/24", "area=none/*"] {
            for more in ["", "&q=x", "&user_agent=x", "&booking=00000000-0000-4000-8000-000000000000", "&member=none"] {
                let page = client.get(&format!("/logs?range=all&{query}{more}")).await;
                assert_eq!(page.status, StatusCode::OK, "{query}{more}");
                assert_eq!(page.entries(), [""; 0], "{query}{more}");
            }
        }
        let member = client.get(&format!("/members/{}", places.member)).await;
        assert_eq!((member.status, member.entries()), (StatusCode::OK, vec![places.entry.to_string()]));
    }
}
