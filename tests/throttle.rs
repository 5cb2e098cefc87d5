//! Slowing down whoever guesses: two failed sign-ins in a row cost no wait; after that 429 with `Retry-After`.

use daybook::core::role::Role;
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Client, Page, TestApp, app::PASSWORD},
};

const ADMIN: &str = "admin@example.org";
const WRONG: &str = "not the password";

/// The seconds that an answer asks to wait; it must ask for them in its text as well.
fn wait(page: &Page) -> i64 {
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{}", page.text());
    let seconds: i64 = page.header("retry-after").expect("Retry-After").parse().expect("seconds");
    let said = page.texts("[role=alert]").concat();
    assert!(seconds > 0 && said.contains(&format!("Wait {seconds} second")), "{seconds}: {said}");
    assert!(page.headers.get("set-cookie").is_none_or(|c| c.to_str().is_ok_and(|c| c.starts_with("daybook_login="))));
    seconds
}

/// Two failures, which cost no wait.
async fn fail_twice(client: &Client, email: &str) {
    for _ in 0..2 {
        let page = client.try_sign_in(email, WRONG).await;
        assert_eq!((page.status, page.header("retry-after")), (StatusCode::UNAUTHORIZED, None));
    }
}

/// How many lines of a kind the staff's log holds.
async fn lines(app: &TestApp, kind: &str) -> i64 {
    app.staff_log.flush().await;
    let sql = format!("SELECT count(*) FROM daybook_staff_log WHERE kind = '{kind}'");
    app.db.outside().await.number(&sql).await
}

database_test! {
    async fn two_failures_cost_nothing_and_then_there_is_a_wait(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let client = app.client();
        fail_twice(&client, ADMIN).await;
        let seconds = wait(&client.try_sign_in(ADMIN, WRONG).await);

        // Not even the right password is looked at meanwhile, from wherever it comes and however it is spelled.
        for email in [ADMIN, "ADMIN@example.org", " admin@Example.org "] {
            let page = app.client().try_sign_in(email, PASSWORD).await;
            assert!(wait(&page) <= seconds);
        }
        assert_eq!(app.db.contents().await["daybook_sessions"], [""; 0]);
        app.clock.advance(seconds - 1);
        assert_eq!(wait(&client.try_sign_in(ADMIN, PASSWORD).await), 1);
        app.clock.advance(1);
        client.sign_in(ADMIN, PASSWORD).await;
        assert_eq!(client.get("/logs").await.status, StatusCode::OK);
    }

    async fn each_further_failure_costs_more_up_to_a_minute(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let client = app.client();
        fail_twice(&client, ADMIN).await;
        let mut before = 0;
        for _ in 0..7 {
            let seconds = wait(&client.try_sign_in(ADMIN, WRONG).await);
            assert!(seconds > before || seconds == 60, "{seconds} after {before}");
            assert!(seconds <= 60, "{seconds}");
            app.clock.advance(seconds);
            before = seconds;
        }
        assert_eq!(before, 60);
        client.sign_in(ADMIN, PASSWORD).await;
    }

    async fn success_begins_anew(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        for _ in 0..3 {
            let client = app.client();
            fail_twice(&client, ADMIN).await;
            client.sign_in(ADMIN, PASSWORD).await;
        }
    }

    async fn nobody_else_is_slowed(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        app.account(Role::Viewer).await;
        let client = app.client();
        fail_twice(&client, ADMIN).await;
        wait(&client.try_sign_in(ADMIN, WRONG).await);
        app.client().sign_in("viewer@example.org", PASSWORD).await;
        client.sign_in("viewer@example.org", PASSWORD).await;
    }

    async fn an_account_that_does_not_exist_is_slowed_alike(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let mut said = Vec::new();
        for email in [ADMIN, "nobody@example.org"] {
            let client = app.client();
            fail_twice(&client, email).await;
            let third = client.try_sign_in(email, WRONG).await;
            let fourth = client.try_sign_in(email, PASSWORD).await;
            said.push([&third, &fourth].map(|page| (wait(page), page.texts("[role=alert]"), page.texts("h1"))));
        }
        assert_eq!(said[0], said[1]);
    }

    async fn guessing_at_many_accounts_from_one_address_is_slowed_too(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let client = app.client();
        let mut tries = 0;
        let page = loop {
            tries += 1;
            let page = client.try_sign_in(&format!("guess-{tries}@example.org"), WRONG).await;
            if page.status != StatusCode::UNAUTHORIZED {
                break page;
            }
            assert!(tries < 50, "nothing slows it down");
        };
        assert!(tries > 3, "an office shares one address");
        let seconds = wait(&page);
        wait(&client.try_sign_in(ADMIN, PASSWORD).await);
        app.clock.advance(seconds);
        client.sign_in(ADMIN, PASSWORD).await;
    }

    async fn a_forwarded_header_that_nobody_vouches_for_slips_past_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let client = app.client();
        let mut statuses = Vec::new();
        for at in 0..4 {
            let token = client.token("/login").await;
            let address = format!("203.0.113.{at}");
            let fields = [("csrf_token", token.as_str()), ("email", ADMIN), ("password", WRONG)];
            let headers = [("X-Forwarded-For", address.as_str()), ("Forwarded", "for=203.0.113.9")];
            statuses.push(client.post_with("/login", &headers, &fields).await.status.as_u16());
        }
        assert_eq!(statuses, [401, 401, 429, 429]);
    }

    async fn many_at_once_get_no_further_than_one_after_the_other(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let guess = async |at: u8| app.client().try_sign_in(ADMIN, &format!("{WRONG} {at}")).await;
        let pages = futures_util::future::join_all((0..24).map(guess)).await;
        let looked_at = lines(&app, "sign_in_failed").await;
        assert!((1..=3).contains(&looked_at), "{looked_at} passwords were looked at");
        for page in pages.iter().filter(|page| page.status == StatusCode::TOO_MANY_REQUESTS) {
            wait(page);
        }
        let refused = pages.iter().filter(|page| page.status == StatusCode::TOO_MANY_REQUESTS).count();
        assert!(refused >= 21, "{refused} were told to wait");
        wait(&app.client().try_sign_in(ADMIN, PASSWORD).await);
    }

    async fn guessing_the_password_of_an_open_session_is_slowed_like_signing_in(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let new = "an entirely different sentence";
        let change = async |current: &str| {
            let fields = [("current_password", current), ("new_password", new), ("new_password_again", new)];
            client.submit("/account/password", &fields).await
        };
        for _ in 0..2 {
            assert_eq!(change(WRONG).await.status, StatusCode::BAD_REQUEST);
        }
        let slowed = change(WRONG).await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
        let seconds: i64 = slowed.header("retry-after").expect("Retry-After").parse().expect("seconds");
        assert_eq!(change(PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        wait(&app.client().try_sign_in(ADMIN, PASSWORD).await);
        app.clock.advance(seconds);
        assert_eq!(change(PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_wait_is_recorded_once(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account(Role::Admin).await;
        let client = app.client();
        fail_twice(&client, ADMIN).await;
        for _ in 0..5 {
            wait(&client.try_sign_in(ADMIN, WRONG).await);
        }
        assert_eq!((lines(&app, "sign_in_failed").await, lines(&app, "sign_in_slowed").await), (3, 1));
    }
}
