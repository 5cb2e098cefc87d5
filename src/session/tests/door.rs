//! Signing in and out.

use super::*;

#[actix_web::test]
async fn signing_in_leads_back_and_signing_out_ends_the_session_itself() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut maya = Browser::new(&app);
    let answer = maya.sign_in("MAYA.osei@brackenfield.example", PASSWORD).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, Some("/viewer")));
    assert_eq!(maya.get("/viewer").await.body, format!("{MAYA} viewer Europe/London"));
    assert_eq!(maya.get("/login?next=/viewer").await.header("location"), Some("/viewer"));

    let kept = maya.cookies.clone();
    let token = maya.token().await;
    assert!(maya.post("/logout", &[]).await.status.is_client_error());
    assert_eq!(maya.post("/logout", &[("csrf_token", &token)]).await.header("location"), Some("/login"));
    assert_eq!(maya.cookie("daybook_session"), None);
    maya.cookies = kept;
    assert_eq!(maya.get("/viewer").await.status, StatusCode::SEE_OTHER, "an old cookie does not work again");
    assert_eq!(house.count("SELECT count(*) FROM daybook_sessions").await, 0);
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE kind = 'signed_in'").await, 1);
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE kind = 'signed_out'").await, 1);
}

#[actix_web::test]
async fn the_form_says_the_same_whoever_it_was() {
    let house = House::with_maya(Role::Viewer).await;
    house.add("off@brackenfield.example", Role::Admin).await;
    house.change("UPDATE daybook_staff SET disabled_at = 1 WHERE email LIKE 'off@%'").await;
    let app = house.serve().await;
    for (email, password) in [
        (MAYA, "not the password"),
        ("nobody@brackenfield.example", PASSWORD),
        ("off@brackenfield.example", PASSWORD),
        ("", ""),
    ] {
        let mut browser = Browser::new(&app);
        let answer = browser.sign_in(email, password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{email}");
        assert!(answer.body.contains("That e-mail and password do not match.<"), "{}", answer.body);
        assert!(answer.body.contains(&format!(r#"value="{email}""#)), "{}", answer.body);
        assert!(answer.body.contains(r#"name="next" value="/viewer""#), "{}", answer.body);
        assert_eq!(browser.cookie("daybook_session"), None);
    }
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE kind = 'sign_in_failed'").await, 4);
    // What was typed as an e-mail and is none could be a password.
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE staff_email = '(not an e-mail)'").await, 1);
}

#[actix_web::test]
async fn the_third_failure_in_a_row_makes_everybody_wait() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let mut browser = Browser::new(&app);
    for expected in [StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(browser.sign_in(MAYA, "not the password").await.status, expected);
    }
    for password in [PASSWORD, "not the password"] {
        let answer = browser.sign_in(MAYA, password).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        let seconds: i64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
        assert!((1..=2).contains(&seconds), "{seconds}");
        let unit = if seconds == 1 { "second" } else { "seconds" };
        assert!(answer.body.contains(&format!("Wait {seconds} {unit} before the next try.")), "{}", answer.body);
    }
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE kind = 'sign_in_failed'").await, 3);
    assert_eq!(house.count("SELECT count(*) FROM daybook_staff_log WHERE kind = 'sign_in_slowed'").await, 1);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(browser.sign_in(MAYA, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn the_form_belongs_to_the_browser_it_was_shown_in_and_showing_it_writes_nothing() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    let (mut maya, mut other) = (Browser::new(&app), Browser::new(&app));
    let page = maya.get("/login?next=//evil.example").await;
    assert!(page.body.contains(r#"name="next" value="/logs""#), "{}", page.body);
    let set = page.header("set-cookie").expect("a cookie");
    assert!(set.starts_with("daybook_login=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(set.contains("Path=/login") && !set.contains("Secure"), "{set}");
    // Another tab keeps the first one's form alive.
    let cookie = maya.cookie("daybook_login");
    maya.get("/login").await;
    assert_eq!(maya.cookie("daybook_login"), cookie);

    let fields = |token| [("email", MAYA), ("password", PASSWORD), ("next", "//evil.example"), ("csrf_token", token)];
    let foreign = other.get("/login").await.token();
    for token in [foreign.as_str(), ""] {
        assert!(maya.post("/login", &fields(token)).await.status.is_client_error());
    }
    let (mut without, own) = (Browser::new(&app), page.token());
    assert!(without.post("/login", &fields(&own)).await.status.is_client_error());
    assert_eq!(house.count("SELECT count(*) FROM daybook_sessions").await, 0);
    let answer = maya.post("/login", &fields(&own)).await;
    assert_eq!(answer.header("location"), Some("/logs"));
}

#[actix_web::test]
async fn signing_in_gives_a_new_session_and_ends_the_one_before() {
    let house = House::with_maya(Role::Viewer).await;
    house.add("d.petrov@brackenfield.example", Role::Admin).await;
    let app = house.serve().await;
    let mut browser = Browser::maya(&app).await;
    let before = browser.cookies.clone();
    // The form as a tab that was opened before signing in still shows it.
    let token = Browser { app: &app, cookies: vec![before[0].clone()], from: browser.from }.get("/login").await.token();
    let fields = [("email", "d.petrov@brackenfield.example"), ("password", PASSWORD), ("csrf_token", &token)];
    assert_eq!(browser.post("/login", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get("/viewer").await.body.starts_with("d.petrov@"));
    assert_ne!(browser.cookie("daybook_session"), before.last().map(|(_, value)| value.clone()));
    let mut old = Browser { app: &app, cookies: before, from: browser.from };
    assert_eq!(old.get("/viewer").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.count("SELECT count(*) FROM daybook_sessions").await, 1);
}

#[actix_web::test]
async fn cookies_say_what_browsers_should_do_with_them() {
    for (public_url, name, secure) in
        [(None, "daybook_session", false), (Some("https://logs.example"), "__Host-daybook_session", true)]
    {
        let house = House::at(public_url).await;
        house.add(MAYA, Role::Viewer).await;
        let app = house.serve().await;
        let answer = Browser::new(&app).sign_in(MAYA, PASSWORD).await;
        let set = answer.header("set-cookie").expect("a session");
        assert!(set.starts_with(&format!("{name}=")), "{set}");
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
        assert!(set.split("; ").any(|part| part == "Path=/"), "{set}");
        assert_eq!(set.contains("Secure"), secure, "{set}");
        assert!(!set.contains("Max-Age") && !set.contains("Expires") && !set.contains("Domain"), "{set}");
    }
}

#[actix_web::test]
async fn with_no_account_yet_the_form_says_how_to_make_one() {
    let house = House::new().await;
    let app = house.serve().await;
    assert!(Browser::new(&app).get("/login").await.body.contains("daybook staff add"));
}

#[actix_web::test]
async fn nothing_a_form_holds_is_a_fault() {
    let house = House::with_maya(Role::Viewer).await;
    let app = house.serve().await;
    for field in ["email", "password", "next"] {
        for value in ["%00", "%ff", "%F0%9F%90%95", "a%0d%0ab", &"x".repeat(9_000)] {
            let mut browser = Browser::new(&app);
            let token = browser.get("/login").await.token();
            let body = format!("{field}={value}&csrf_token={token}");
            let answer = browser.send(form("/login", &[]).set_payload(body)).await;
            assert!(answer.status.is_client_error(), "{field} {value}: {}", answer.status);
        }
    }
}
