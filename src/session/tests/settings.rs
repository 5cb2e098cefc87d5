//! Own settings.

use super::*;

const NEW: &str = "five quite other words here";

#[actix_web::test]
async fn the_zone_is_of_the_request_else_the_session_else_the_account_else_the_site() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let zone = async |maya: &mut Browser<'_>, path: &str| {
        maya.get(path).await.body.rsplit(' ').next().unwrap_or_default().to_owned()
    };
    assert_eq!(zone(&mut maya, "/viewer").await, "Europe/London");
    let token = maya.token().await;
    let fields = [("csrf_token", token.as_str()), ("zone", "Asia/Kolkata"), ("next", "/viewer?tz=UTC&q=a")];
    let answer = maya.post("/account/zone", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some("/viewer?q=a")));
    assert_eq!(zone(&mut maya, "/viewer").await, "Asia/Kolkata");
    let fields = [("csrf_token", token.as_str()), ("zone", "America/New_York"), ("keep", "session")];
    assert_eq!(maya.post("/account/zone", &fields).await.header("location"), Some("/account"));
    assert_eq!(zone(&mut maya, "/viewer").await, "America/New_York");
    assert_eq!(zone(&mut maya, "/viewer?tz=Asia/Tokyo").await, "Asia/Tokyo");
    assert_eq!(zone(&mut maya, "/viewer?tz=Nowhere").await, "America/New_York");
    // Elsewhere the account's counts; the site's can be chosen over it for one session.
    let mut elsewhere = Browser::maya(&app).await;
    assert_eq!(zone(&mut elsewhere, "/viewer").await, "Asia/Kolkata");
    maya.post("/account/zone", &[("csrf_token", &token), ("zone", ""), ("keep", "session")]).await;
    assert_eq!(zone(&mut maya, "/viewer").await, "Europe/London");
    // For good: the session's choice goes with the account's.
    maya.post("/account/zone", &[("csrf_token", &token), ("zone", "")]).await;
    assert_eq!(zone(&mut maya, "/viewer").await, "Europe/London");
    assert_eq!(zone(&mut elsewhere, "/viewer").await, "Europe/London");
}

#[actix_web::test]
async fn what_is_no_zone_is_said_at_its_field() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let token = maya.token().await;
    for bad in ["Atlantis", "<b>", "europe/london/", "Europe/London\0"] {
        let answer = maya.post("/account/zone", &[("csrf_token", &token), ("zone", bad)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(answer.body.contains(r#"id="a-zone-e""#) && !answer.body.contains("“<b>”"), "{}", answer.body);
        assert!(answer.body.contains(r#"name="next" value="/account""#), "{}", answer.body);
    }
}

#[actix_web::test]
async fn a_theme_is_kept() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let token = maya.token().await;
    let fields = [("csrf_token", token.as_str()), ("theme", "dark"), ("next", "/viewer")];
    assert_eq!(maya.post("/account/theme", &fields).await.header("location"), Some("/viewer"));
    assert!(maya.get("/account").await.body.contains(r#"data-theme="dark""#));
    let answer = maya.post("/account/theme", &[("csrf_token", &token), ("theme", "sepia")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn another_password_ends_every_other_session() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let (mut maya, mut elsewhere) = (Browser::maya(&app).await, Browser::maya(&app).await);
    let old = maya.cookies.clone();
    let token = maya.token().await;
    let fields = |current, new, again| {
        [
            ("csrf_token", token.as_str()),
            ("current_password", current),
            ("new_password", new),
            ("new_password_again", again),
        ]
    };
    for (bad, field) in [
        (fields(PASSWORD, "short", "short"), "a-new-e"),
        (fields(PASSWORD, MAYA, MAYA), "a-new-e"),
        (fields(PASSWORD, NEW, "five quite other words"), "a-again-e"),
        (fields(PASSWORD, PASSWORD, PASSWORD), "a-new-e"),
        (fields("", NEW, NEW), "a-now-e"),
        (fields("not the password", NEW, NEW), "a-now-e"),
    ] {
        let answer = maya.post("/account/password", &bad).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad:?}");
        assert!(answer.body.contains(&format!(r#"id="{field}""#)), "{bad:?}: {}", answer.body);
        assert!(!answer.body.contains(NEW), "{}", answer.body);
    }
    let answer = maya.post("/account/password", &fields(PASSWORD, NEW, NEW)).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some("/account?done=password")));
    assert!(maya.get("/account?done=password").await.body.contains("Your password is changed."));
    assert_eq!(maya.get("/viewer").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/viewer").await.status, StatusCode::SEE_OTHER);
    maya.cookies = old;
    assert_eq!(maya.get("/viewer").await.status, StatusCode::SEE_OTHER, "renewed");
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE kind = 'password_changed'").await, 1);
    let mut again = Browser::new(&app);
    assert_eq!(again.sign_in(MAYA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(again.sign_in(MAYA, NEW).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn guessing_the_current_password_is_slowed_like_signing_in() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::maya(&app).await;
    let token = maya.token().await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("current_password", "not the password"),
        ("new_password", "five quite other words"),
        ("new_password_again", "five quite other words"),
    ];
    for expected in [StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(maya.post("/account/password", &fields).await.status, expected);
    }
    assert!(maya.post("/account/password", &fields).await.header("retry-after").is_some());
}
