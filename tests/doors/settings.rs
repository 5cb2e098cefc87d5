//! Own settings.

use daybook::core::role::Role;
use reqwest::StatusCode;

use super::{MAYA, PASSWORD, house_of_maya, maya, recorded, try_sign_in};
use crate::{database_test, support::Client};

const NEW: &str = "five quite other words here";

/// The reader's zone at a path.
async fn zone(client: &Client, path: &str) -> String {
    client.get(path).await.text().rsplit(' ').next().unwrap_or_default().to_owned()
}

database_test! {
    async fn the_zone_is_of_the_request_else_the_session_else_the_account_else_the_site(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let client = maya(&house).await;
        assert_eq!(zone(&client, "/viewer").await, "Europe/London");
        let page = client.submit("/account/zone", &[("zone", "Asia/Kolkata"), ("next", "/viewer?tz=UTC&q=a")]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/viewer?q=a"));
        assert_eq!(zone(&client, "/viewer").await, "Asia/Kolkata");
        let page = client.submit("/account/zone", &[("zone", "America/New_York"), ("keep", "session")]).await;
        assert_eq!(page.location(), "/account");
        assert_eq!(zone(&client, "/viewer").await, "America/New_York");
        assert_eq!(zone(&client, "/viewer?tz=Asia/Tokyo").await, "Asia/Tokyo");
        assert_eq!(zone(&client, "/viewer?tz=Nowhere").await, "America/New_York");
        // Elsewhere the account's counts; the site's can be chosen over it for one session.
        let elsewhere = maya(&house).await;
        assert_eq!(zone(&elsewhere, "/viewer").await, "Asia/Kolkata");
        client.submit("/account/zone", &[("zone", ""), ("keep", "session")]).await;
        assert_eq!(zone(&client, "/viewer").await, "Europe/London");
        // For good: the session's choice goes with the account's.
        client.submit("/account/zone", &[("zone", "")]).await;
        assert_eq!(zone(&client, "/viewer").await, "Europe/London");
        assert_eq!(zone(&elsewhere, "/viewer").await, "Europe/London");
    }

    async fn what_is_no_zone_is_said_at_its_field(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let client = maya(&house).await;
        for bad in ["Atlantis", "<b>", "europe/london/", "Europe/London\0"] {
            let page = client.submit("/account/zone", &[("zone", bad)]).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad}");
            assert!(page.has("#a-zone-e") && !page.text().contains("“<b>”"), "{}", page.text());
            assert!(page.text().contains(r#"name="next" value="/account""#), "{}", page.text());
        }
    }

    async fn a_theme_is_kept(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let client = maya(&house).await;
        let page = client.submit("/account/theme", &[("theme", "dark"), ("next", "/viewer")]).await;
        assert_eq!(page.location(), "/viewer");
        assert!(client.get("/account").await.has("[data-theme=dark]"));
        assert_eq!(client.submit("/account/theme", &[("theme", "sepia")]).await.status, StatusCode::BAD_REQUEST);
    }

    async fn another_password_ends_every_other_session(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let (client, elsewhere) = (maya(&house).await, maya(&house).await);
        let old = client.cookies();
        let fields = |current, new, again| {
            [("current_password", current), ("new_password", new), ("new_password_again", again)]
        };
        for (bad, field) in [
            (fields(PASSWORD, "short", "short"), "a-new-e"),
            (fields(PASSWORD, MAYA, MAYA), "a-new-e"),
            (fields(PASSWORD, NEW, "five quite other words"), "a-again-e"),
            (fields(PASSWORD, PASSWORD, PASSWORD), "a-new-e"),
            (fields("", NEW, NEW), "a-now-e"),
            (fields("not the password", NEW, NEW), "a-now-e"),
        ] {
            let page = client.submit("/account/password", &bad).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad:?}");
            assert!(page.has(&format!("#{field}")), "{bad:?}: {}", page.text());
            assert!(!page.text().contains(NEW), "{}", page.text());
        }
        let page = client.submit("/account/password", &fields(PASSWORD, NEW, NEW)).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/account?done=password"));
        assert!(client.get("/account?done=password").await.text().contains("Your password is changed."));
        assert_eq!(client.get("/viewer").await.status, StatusCode::OK);
        assert_eq!(elsewhere.get("/viewer").await.status, StatusCode::SEE_OTHER);
        let renewed = house.client().get_with("/viewer", &[("cookie", &old)]).await;
        assert_eq!(renewed.status, StatusCode::SEE_OTHER, "renewed");
        assert_eq!(recorded(&house, "password_changed").await, 1);
        let again = house.client();
        assert_eq!(try_sign_in(&again, MAYA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(try_sign_in(&again, MAYA, NEW).await.status, StatusCode::SEE_OTHER);
    }

    async fn guessing_the_current_password_is_slowed_like_signing_in(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let client = maya(&house).await;
        let fields = [("current_password", "not the password"), ("new_password", NEW), ("new_password_again", NEW)];
        for expected in [StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS] {
            assert_eq!(client.submit("/account/password", &fields).await.status, expected);
        }
        assert!(client.submit("/account/password", &fields).await.header("retry-after").is_some());
    }
}
