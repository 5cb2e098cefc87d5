//! The table of routes: who gets in where, and what is said to those who do not.

use super::*;

#[actix_web::test]
async fn each_role_gets_in_where_its_row_says() {
    for (role, open) in [(Role::Viewer, 1), (Role::Support, 2), (Role::Admin, 3)] {
        let house = House::with_maya(role).await;
        let app = house.serve().await;
        let mut maya = Browser::maya(&app).await;
        for (at, path) in ["/viewer", "/support", "/admin"].into_iter().enumerate() {
            let expected = if at < open { StatusCode::OK } else { StatusCode::FORBIDDEN };
            let answer = maya.get(path).await;
            assert_eq!(answer.status, expected, "{role} {path}");
            // A refusal is drawn in the frame of whoever is signed in.
            assert!(answer.body.contains(MAYA), "{}", answer.body);
        }
        let token = maya.token().await;
        let answer = maya.post("/admin", &[("csrf_token", &token)]).await;
        assert_eq!(answer.status == StatusCode::OK, role == Role::Admin, "{role}");
    }
}

#[actix_web::test]
async fn without_a_session_staff_routes_lead_to_sign_in_and_back() {
    let house = House::new().await;
    let app = house.serve().await;
    let mut nobody = Browser::new(&app);
    assert_eq!(nobody.get("/open").await.status, StatusCode::OK);
    let answer = nobody.get("/support?range=1h").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), Some("/login?next=/support%3Frange%3D1h"));
    let answer = nobody.post("/viewer", &[("field", "x")]).await;
    assert_eq!(answer.header("location"), Some("/login?next=/logs"));
    assert!(nobody.cookies.is_empty());
}

#[actix_web::test]
async fn a_panic_is_a_fault_and_the_next_request_works() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::new(&app);
    maya.sign_in(MAYA, PASSWORD).await;
    assert_eq!(maya.get("/broken").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(maya.get("/viewer").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_garbled_cookie_is_no_session() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let sealed = Browser::maya(&app).await.cookie("daybook_session").expect("a session");
    for value in ["", "x", "%00", "%ff", "a%20b", &"x".repeat(5_000), &sealed[1..], &format!("{sealed}A")] {
        let mut browser = Browser::new(&app);
        browser.cookies.push(("daybook_session".into(), value.into()));
        assert_eq!(browser.get("/viewer").await.status, StatusCode::SEE_OTHER, "{value}");
        assert_eq!(browser.get("/login").await.status, StatusCode::OK, "{value}");
    }
}

#[actix_web::test]
async fn head_is_answered_as_get_and_other_methods_are_told_which_there_are() {
    let house = House::new().await;
    let app = house.serve().await;
    let mut browser = Browser::new(&app);
    let head = |path: &str| TestRequest::with_uri(path).method(Method::HEAD);
    assert_eq!(browser.send(head("/open")).await.status, StatusCode::OK);
    assert_eq!(browser.send(head("/viewer")).await.status, StatusCode::SEE_OTHER);
    for (method, path, allow) in [
        (Method::POST, "/open", "GET, HEAD"),
        (Method::DELETE, "/viewer", "GET, HEAD, POST"),
        (Method::OPTIONS, "/login", "GET, HEAD, POST"),
        (Method::GET, "/logout", "POST"),
    ] {
        let answer = browser.send(TestRequest::with_uri(path).method(method.clone())).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
}

#[actix_web::test]
async fn a_literal_path_is_found_before_a_pattern() {
    let house = House::new().await;
    let app = house.serve().await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/things/new").await.body, "a new thing");
    assert_eq!(browser.get("/things/7").await.body, "a thing");
}

#[actix_web::test]
async fn another_role_or_switching_off_counts_from_the_next_request() {
    let house = House::with_maya(Role::Admin).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    assert_eq!(maya.get("/admin").await.status, StatusCode::OK);
    house.change("UPDATE daybook_staff SET role = 'viewer'").await;
    assert_eq!(maya.get("/admin").await.status, StatusCode::FORBIDDEN);
    house.change("UPDATE daybook_staff SET disabled_at = 1").await;
    assert_eq!(maya.get("/viewer").await.status, StatusCode::SEE_OTHER);
    assert_eq!(maya.cookie("daybook_session"), None, "what has lost its account is ended");
    assert_eq!(house.count("SELECT count(*) FROM daybook_sessions").await, 0);
}

#[actix_web::test]
async fn a_form_needs_a_token_of_its_session_and_to_come_from_here() {
    let house = House::with_maya(Role::Viewer).await;
    house.add("d.petrov@brackenfield.example", Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let token = maya.token().await;
    let answer = maya.post("/viewer", &[("field", "a&b"), ("csrf_token", &token)]).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "viewer a&b"));

    let mut petrov = Browser::new(&app);
    petrov.sign_in("d.petrov@brackenfield.example", PASSWORD).await;
    let foreign = petrov.token().await;
    for bad in [None, Some(""), Some("x"), Some(foreign.as_str())] {
        let fields: Vec<_> = bad.map(|token| ("csrf_token", token)).into_iter().collect();
        let answer = maya.post("/viewer", &fields).await;
        assert!(answer.status.is_client_error(), "{bad:?}: {}", answer.status);
    }
    let fields = [("csrf_token", token.as_str())];
    for (header, value, let_in) in [
        ("Sec-Fetch-Site", "same-origin", true),
        ("Sec-Fetch-Site", "cross-site", false),
        ("Sec-Fetch-Site", "same-site", false),
        ("Origin", "https://evil.example", false),
    ] {
        let answer = maya.send(form("/viewer", &fields).insert_header((header, value))).await;
        assert_eq!(answer.status == StatusCode::OK, let_in, "{header}: {value}");
    }
}

#[actix_web::test]
async fn a_body_that_is_no_form_of_ours_is_refused_by_its_reason() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let json = TestRequest::with_uri("/viewer").method(Method::POST).set_json([1]);
    assert_eq!(maya.send(json).await.status, StatusCode::BAD_REQUEST);
    let long = maya.post("/viewer", &[("field", &"x".repeat(64 * 1024))]).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    let latin = form("/viewer", &[]).set_payload(&b"field=\xe9"[..]);
    assert_eq!(maya.send(latin).await.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_database_that_is_away_is_503_and_public_routes_go_on() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    house.db.close().await;
    for path in ["/viewer", "/login"] {
        let answer = maya.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
    assert_eq!(maya.get("/open").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_lock_lets_pages_be_read_and_makes_sign_out_try_again() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let token = maya.token().await;
    house.log.flush().await;
    let lock = house.db.write().await.expect("the lock");
    assert_eq!(maya.get("/viewer").await.status, StatusCode::OK);
    let answer = maya.post("/logout", &[("csrf_token", &token)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(lock);
    assert_eq!(maya.post("/logout", &[("csrf_token", &token)]).await.status, StatusCode::SEE_OTHER);
}
