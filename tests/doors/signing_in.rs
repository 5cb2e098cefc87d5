//! Signing in and out.

use daybook::{core::role::Role, db::Sql};
use reqwest::{Method, StatusCode};

use super::{MAYA, PASSWORD, PETROV, house, house_of_maya, maya, number, recorded, sessions, try_sign_in};
use crate::database_test;

const REFUSED: &str = "That e-mail and password do not match.<";

database_test! {
    async fn signing_in_leads_back_and_signing_out_ends_the_session_itself(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let client = house.client();
        let page = try_sign_in(&client, "MAYA.osei@brackenfield.example", PASSWORD).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/viewer"));
        assert_eq!(client.get("/viewer").await.text(), format!("{MAYA} viewer Europe/London"));
        assert_eq!(client.get("/login?next=/viewer").await.location(), "/viewer");

        let kept = client.cookies();
        let token = client.token("/account").await;
        assert!(client.post("/logout", &[]).await.status.is_client_error());
        assert_eq!(client.post("/logout", &[("csrf_token", &token)]).await.location(), "/login");
        assert_eq!(client.cookies(), "");
        let again = client.get_with("/viewer", &[("cookie", &kept)]).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "an old cookie does not work again");
        assert_eq!(sessions(&house).await, 0);
        assert_eq!((recorded(&house, "signed_in").await, recorded(&house, "signed_out").await), (1, 1));
    }

    async fn the_form_says_the_same_whoever_it_was(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        house.account_named("off@brackenfield.example", Role::Admin).await;
        let off = Sql::new("UPDATE daybook_staff SET disabled_at = ").bind(house.now()).text(" WHERE email LIKE 'off@%'");
        house.db.execute(off).await;
        for (email, password) in [
            (MAYA, "not the password"),
            ("nobody@brackenfield.example", PASSWORD),
            ("off@brackenfield.example", PASSWORD),
            ("", ""),
        ] {
            let client = house.client();
            let page = try_sign_in(&client, email, password).await;
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{email}");
            assert!(page.text().contains(REFUSED), "{}", page.text());
            assert!(page.text().contains(&format!(r#"value="{email}""#)), "{}", page.text());
            assert!(page.text().contains(r#"name="next" value="/viewer""#), "{}", page.text());
            assert_eq!(client.cookies(), "");
        }
        assert_eq!(recorded(&house, "sign_in_failed").await, 4);
        // What was typed as an e-mail and is none could be a password.
        let hidden = "SELECT count(*) FROM daybook_staff_log WHERE staff_email = '(not an e-mail)'";
        assert_eq!(number(&house, hidden).await, 1);
    }

    async fn the_third_failure_in_a_row_makes_everybody_wait(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let client = house.client();
        for expected in [StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS] {
            assert_eq!(try_sign_in(&client, MAYA, "not the password").await.status, expected);
        }
        for (password, seconds, says) in [(PASSWORD, "2", "2 seconds"), ("not the password", "1", "1 second")] {
            let page = try_sign_in(&client, MAYA, password).await;
            assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(page.header("retry-after"), Some(seconds));
            assert!(page.text().contains(&format!("Wait {says} before the next try.")), "{}", page.text());
            house.clock.advance(1);
        }
        assert_eq!((recorded(&house, "sign_in_failed").await, recorded(&house, "sign_in_slowed").await), (3, 1));
        assert_eq!(try_sign_in(&client, MAYA, PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn the_form_belongs_to_the_browser_it_was_shown_in_and_showing_it_writes_nothing(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let (maya, other) = (house.client(), house.client());
        let page = maya.get("/login?next=//evil.example").await;
        assert_eq!(page.attribute("input[name=next]", "value").as_deref(), Some("/logs"), "{}", page.text());
        let set = page.header("set-cookie").expect("a cookie");
        assert!(set.starts_with("daybook_login=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
        assert!(set.contains("Path=/login") && !set.contains("Secure"), "{set}");
        // Another tab keeps the first one's form alive.
        let cookie = maya.cookies_at("/login");
        assert!(cookie.starts_with("daybook_login="), "{cookie}");
        maya.get("/login").await;
        assert_eq!(maya.cookies_at("/login"), cookie);

        let fields =
            |token| [("email", MAYA), ("password", PASSWORD), ("next", "//evil.example"), ("csrf_token", token)];
        let foreign = other.token("/login").await;
        for token in [foreign.as_str(), ""] {
            assert!(maya.post("/login", &fields(token)).await.status.is_client_error());
        }
        let own = page.attribute("input[name=csrf_token]", "value").expect("a token");
        assert!(house.client().post("/login", &fields(&own)).await.status.is_client_error());
        assert_eq!(sessions(&house).await, 0);
        assert_eq!(maya.post("/login", &fields(&own)).await.location(), "/logs");
    }

    async fn signing_in_gives_a_new_session_and_ends_the_one_before(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        house.account_named(PETROV, Role::Admin).await;
        let client = maya(&house).await;
        let (session, both) = (client.cookies(), client.cookies_at("/login"));
        // The form as a tab that was opened before signing in still shows it.
        let form = both.split("; ").find(|cookie| cookie.starts_with("daybook_login=")).expect("the form's cookie");
        let page = client.get_with("/login", &[("cookie", form)]).await;
        let token = page.attribute("input[name=csrf_token]", "value").expect("a token");
        let fields = [("email", PETROV), ("password", PASSWORD), ("csrf_token", token.as_str())];
        assert_eq!(client.post("/login", &fields).await.status, StatusCode::SEE_OTHER);
        assert!(client.get("/viewer").await.text().starts_with(PETROV));
        assert_ne!(client.cookies(), session);
        let old = house.client().get_with("/viewer", &[("cookie", &session)]).await;
        assert_eq!(old.status, StatusCode::SEE_OTHER);
        assert_eq!(sessions(&house).await, 1);
    }

    async fn with_no_account_yet_the_form_says_how_to_make_one(db: TestDb) {
        let house = house(db).await;
        assert!(house.client().get("/login").await.text().contains("daybook staff add"));
    }

    async fn nothing_a_form_holds_is_a_fault(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let header = ("content-type", "application/x-www-form-urlencoded");
        for field in ["email", "password", "next"] {
            for value in ["%00", "%ff", "%F0%9F%90%95", "a%0d%0ab", &"x".repeat(9_000)] {
                let client = house.client();
                let token = client.token("/login").await;
                let body = format!("{field}={value}&csrf_token={token}");
                let page = client.send(Method::POST, "/login", &[header], Some(body.into_bytes())).await;
                assert!(page.status.is_client_error(), "{field} {value}: {}", page.status);
            }
        }
    }
}
