//! The table of routes: who gets in where, and what is said to those who do not.

use daybook::{core::role::Role, db::Sql};
use reqwest::{Method, StatusCode};

use super::{MAYA, PASSWORD, PETROV, house, house_of_maya, maya, sessions};
use crate::database_test;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

database_test! {
    async fn each_role_gets_in_where_its_row_says(db: TestDb) {
        let house = house(db).await;
        for (role, open) in [(Role::Viewer, 1), (Role::Support, 2), (Role::Admin, 3)] {
            let client = house.signed_in(role).await;
            for (at, path) in ["/viewer", "/support", "/admin"].into_iter().enumerate() {
                let expected = if at < open { StatusCode::OK } else { StatusCode::FORBIDDEN };
                let page = client.get(path).await;
                assert_eq!(page.status, expected, "{role} {path}");
                // A refusal is drawn in the frame of whoever is signed in.
                assert!(page.text().contains(&format!("{role}@example.org")), "{}", page.text());
            }
            let page = client.submit("/admin", &[]).await;
            assert_eq!(page.status == StatusCode::OK, role == Role::Admin, "{role}");
        }
    }

    async fn without_a_session_staff_routes_lead_to_sign_in_and_back(db: TestDb) {
        let house = house(db).await;
        let nobody = house.client();
        assert_eq!(nobody.get("/open").await.status, StatusCode::OK);
        let page = nobody.get("/support?range=1h").await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login?next=/support%3Frange%3D1h"));
        assert_eq!(nobody.post("/viewer", &[("field", "x")]).await.location(), "/login?next=/logs");
        assert_eq!((nobody.cookies_at("/login"), nobody.cookies_at("/viewer")), (String::new(), String::new()));
    }

    async fn a_panic_is_a_fault_and_the_next_request_works(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let maya = maya(&house).await;
        assert_eq!(maya.get("/broken").await.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(maya.get("/viewer").await.status, StatusCode::OK);
    }

    async fn a_garbled_cookie_is_no_session(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let cookies = maya(&house).await.cookies();
        let sealed = cookies.strip_prefix("daybook_session=").expect("a session and nothing else");
        for value in ["", "x", "%00", "%ff", "a%20b", &"x".repeat(5_000), &sealed[1..], &format!("{sealed}A")] {
            let cookie = format!("daybook_session={value}");
            let get = async |path| house.client().get_with(path, &[("cookie", &cookie)]).await.status;
            assert_eq!(get("/viewer").await, StatusCode::SEE_OTHER, "{value}");
            assert_eq!(get("/login").await, StatusCode::OK, "{value}");
        }
    }

    async fn head_is_answered_as_get_and_other_methods_are_told_which_there_are(db: TestDb) {
        let house = house(db).await;
        let client = house.client();
        assert_eq!(client.head("/open").await.status, StatusCode::OK);
        assert_eq!(client.head("/viewer").await.status, StatusCode::SEE_OTHER);
        for (method, path, allow) in [
            (Method::POST, "/open", "GET, HEAD"),
            (Method::DELETE, "/viewer", "GET, HEAD, POST"),
            (Method::OPTIONS, "/login", "GET, HEAD, POST"),
            (Method::GET, "/logout", "POST"),
        ] {
            let page = client.send(method.clone(), path, &[], None).await;
            assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(page.header("allow"), Some(allow), "{method} {path}");
        }
    }

    async fn a_literal_path_is_found_before_a_pattern(db: TestDb) {
        let house = house(db).await;
        assert_eq!(house.client().get("/things/new").await.text(), "a new thing");
        assert_eq!(house.client().get("/things/7").await.text(), "a thing");
    }

    async fn another_role_or_switching_off_counts_from_the_next_request(db: TestDb) {
        let house = house_of_maya(db, Role::Admin).await;
        let maya = maya(&house).await;
        assert_eq!(maya.get("/admin").await.status, StatusCode::OK);
        house.db.execute(Sql::new("UPDATE daybook_staff SET role = 'viewer'")).await;
        assert_eq!(maya.get("/admin").await.status, StatusCode::FORBIDDEN);
        // Behind the back of whoever ends sessions with it.
        house.db.execute(Sql::new("UPDATE daybook_staff SET disabled_at = ").bind(house.now())).await;
        assert_eq!(maya.get("/viewer").await.status, StatusCode::SEE_OTHER);
        assert_eq!(maya.cookies(), "", "what has lost its account is ended");
        assert_eq!(sessions(&house).await, 0);
    }

    async fn a_form_needs_a_token_of_its_session_and_to_come_from_here(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        house.account_named(PETROV, Role::Viewer).await;
        let maya = maya(&house).await;
        let token = maya.token("/account").await;
        let page = maya.post("/viewer", &[("field", "a&b"), ("csrf_token", &token)]).await;
        assert_eq!((page.status, page.text().as_str()), (StatusCode::OK, "viewer a&b"));

        let petrov = house.client();
        petrov.sign_in(PETROV, PASSWORD).await;
        let foreign = petrov.token("/account").await;
        for bad in [None, Some(""), Some("x"), Some(foreign.as_str())] {
            let fields: Vec<_> = bad.map(|token| ("csrf_token", token)).into_iter().collect();
            let page = maya.post("/viewer", &fields).await;
            assert!(page.status.is_client_error(), "{bad:?}: {}", page.status);
        }
        for (header, value, let_in) in [
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "cross-site", false),
            ("sec-fetch-site", "same-site", false),
            ("origin", "https://evil.example", false),
        ] {
            let page = maya.post_with("/viewer", &[(header, value)], &[("csrf_token", &token)]).await;
            assert_eq!(page.status == StatusCode::OK, let_in, "{header}: {value}");
        }
    }

    async fn a_body_that_is_no_form_of_ours_is_refused_by_its_reason(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let maya = maya(&house).await;
        let post = async |header, body: &[u8]| {
            maya.send(Method::POST, "/viewer", &[header], Some(body.to_vec())).await.status
        };
        assert_eq!(post(("content-type", "application/json"), b"[1]").await, StatusCode::BAD_REQUEST);
        assert_eq!(post(FORM, b"field=\xe9").await, StatusCode::BAD_REQUEST);
        let long = format!("field={}", "x".repeat(64 * 1024));
        assert_eq!(post(FORM, long.as_bytes()).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    async fn a_database_that_is_away_is_503_and_public_routes_go_on(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let maya = maya(&house).await;
        house.db.db.close().await;
        for path in ["/viewer", "/login"] {
            let page = maya.get(path).await;
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(page.header("retry-after").is_some(), "{path}");
        }
        assert_eq!(maya.get("/open").await.status, StatusCode::OK);
    }

    async fn a_lock_lets_pages_be_read_and_makes_sign_out_try_again(db: TestDb) {
        let house = house_of_maya(db, Role::Viewer).await;
        let maya = maya(&house).await;
        let token = maya.token("/account").await;
        house.staff_log.flush().await;
        let mut other = house.db.outside().await;
        other.lock("daybook_sessions").await;
        let page = maya.get("/viewer").await;
        assert_eq!((page.status, page.text()), (StatusCode::OK, format!("{MAYA} viewer Europe/London")));
        let page = maya.post("/logout", &[("csrf_token", &token)]).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        other.unlock().await;
        house.staff_log.flush().await;
        assert_eq!(maya.post("/logout", &[("csrf_token", &token)]).await.status, StatusCode::SEE_OTHER);
    }
}
