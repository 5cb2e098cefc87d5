//! The page of accounts: what an admin does to them, what is refused, and what each change ends.

use daybook::{
    core::role::Role,
    session::accounts::{self, Account},
};
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Api, Client, Page, TestApp, api::make, app::PASSWORD, harmless},
};

const MAYA: &str = "maya@example.org";
const ADMIN: &str = "admin@example.org";

async fn account(app: &TestApp, email: &str) -> Account {
    accounts::by_email(&app.db.db, email).await.expect("asked").expect("an account")
}

/// Where something is done to an account.
async fn at(app: &TestApp, email: &str, what: &str) -> String {
    format!("/staff/{}/{what}", account(app, email).await.id)
}

/// Does it, as whoever is signed in.
async fn act(app: &TestApp, client: &Client, email: &str, what: &str, fields: &[(&str, &str)]) -> Page {
    client.submit(&at(app, email, what).await, fields).await
}

fn is_in(page: &Page) -> bool {
    page.status == StatusCode::OK
}

async fn lines(app: &TestApp) -> Vec<String> {
    app.staff_log.flush().await;
    let sql = "SELECT kind || ' ' || coalesce(subject, '-') || ' ' || coalesce(detail, '-') || ' by ' || staff_email \
               FROM daybook_staff_log WHERE kind LIKE 'staff%' ORDER BY seq";
    app.db.outside().await.texts(sql).await
}

database_test! {
    async fn an_account_is_added_with_a_password_that_is_shown_once(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let fields = [("email", MAYA), ("name", "Maya Osei"), ("role", "support")];
        let page = admin.submit("/staff", &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let password = page.texts("#once").pop().expect("a password");
        assert!(password.len() == 23 && password.matches('-').count() == 3, "{password}");
        assert!(page.text().contains(&format!("{}/login", app.base)), "where it is used");
        let maya = app.client();
        maya.sign_in(MAYA, &password).await;
        assert!(maya.get("/account").await.text().contains("Role: Support"));
        app.staff_log.flush().await;
        let page = admin.get("/staff").await;
        assert!(!page.text().contains(&password), "it is shown again");
        assert!(page.text().contains("2 people, 2 active.") && page.text().contains("Maya Osei"), "{}", page.text());
        assert_eq!(page.texts("td .title"), [ADMIN, MAYA]);
        assert!(page.text().contains("14:38:05 today"), "when she signed in");
        assert!(!format!("{:?}", app.db.contents().await).contains(&password), "the password itself is kept");
        assert_eq!(lines(&app).await, [format!("staff_added {MAYA} support by {ADMIN}")]);
        // Sent again, as a page that is loaded again would, it makes nothing and shows nothing.
        let again = admin.submit("/staff", &fields).await;
        assert_eq!((again.status, again.has("#once")), (StatusCode::BAD_REQUEST, false));
    }

    async fn a_form_that_is_wrong_keeps_what_was_typed_and_makes_nothing(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let admin = app.signed_in(Role::Admin).await;
        let (long_name, long_email) = ("x".repeat(81), format!("{}@example.org", "x".repeat(250)));
        let before = app.db.outside().await.texts("SELECT email FROM daybook_staff ORDER BY email").await;
        for (email, name, role, wrong) in [
            ("", "", "viewer", "s-email"),
            ("maya", "", "viewer", "s-email"),
            ("a b@example.org", "", "viewer", "s-email"),
            ("evil\u{202e}@example.org", "", "viewer", "s-email"),
            ("a@b@example.org", "Maya", "viewer", "s-email"),
            (&long_email, "", "viewer", "s-email"),
            (MAYA, "Somebody else", "viewer", "s-email"),
            ("MAYA@Example.org", "", "viewer", "s-email"),
            ("new@example.org", &long_name, "viewer", "s-name"),
            ("new@example.org", "a\u{7}b", "viewer", "s-name"),
            ("new@example.org", "evil\u{202e}", "viewer", "s-name"),
            ("new@example.org", "New", "owner", "s-role"),
            ("new@example.org", "New", "", "s-role"),
            ("new@example.org", "New", "Admin", "s-role"),
        ] {
            let page = admin.submit("/staff", &[("email", email), ("name", name), ("role", role)]).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{email} {name} {role}");
            assert_eq!(page.attributes("[role=alert] a", "href"), [format!("#{wrong}")], "{email} {name} {role}");
            assert!(page.has(&format!("#{wrong}[aria-invalid=true]")) && page.has(&format!("#{wrong}-e")), "{email}");
            assert_eq!(page.attribute("#s-email", "value").as_deref(), Some(email));
            assert_eq!(page.attribute("#s-name", "value").as_deref(), Some(name));
            assert_eq!(page.attribute("#s-role option[selected]", "value").as_deref(), Some(role));
            assert!(!page.has("#once"), "{email}");
            harmless::check(&page.html(), email);
        }
        let after = app.db.outside().await.texts("SELECT email FROM daybook_staff ORDER BY email").await;
        assert_eq!(after, before);
        assert_eq!(lines(&app).await, Vec::<String>::new());
    }

    async fn another_role_counts_from_the_next_request(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        app.account_named(MAYA, Role::Viewer).await;
        let maya = app.client();
        maya.sign_in(MAYA, PASSWORD).await;
        assert_eq!(maya.get("/staff").await.status, StatusCode::FORBIDDEN);
        let changed = act(&app, &admin, MAYA, "role", &[("role", "admin")]).await;
        let id = account(&app, MAYA).await.id;
        assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, &*format!("/staff?edit={id}&done=role#edit")));
        assert!(admin.get(&format!("/staff?edit={id}&done=role")).await.texts("#edit [role=status]")[0].contains("Admin"));
        assert_eq!(maya.get("/staff").await.status, StatusCode::OK);
        assert_eq!(act(&app, &admin, MAYA, "role", &[("role", "admin")]).await.status, StatusCode::SEE_OTHER, "again");
        for role in ["", "root", "Admin", "viewer "] {
            let page = act(&app, &admin, MAYA, "role", &[("role", role)]).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{role}");
            assert_eq!(page.attributes("#edit [role=alert] a", "href"), ["#e-role"]);
            assert!(page.has("#e-role[aria-invalid=true][aria-describedby=e-role-e]"), "{role}");
        }
        assert_eq!(account(&app, MAYA).await.role, Role::Admin);
        assert_eq!(act(&app, &admin, MAYA, "role", &[("role", "viewer")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(maya.get("/staff").await.status, StatusCode::FORBIDDEN);
        assert_eq!(
            lines(&app).await,
            [
                format!("staff_role_changed {MAYA} viewer to admin by {ADMIN}"),
                format!("staff_role_changed {MAYA} admin to viewer by {ADMIN}"),
            ]
        );
    }

    async fn an_account_that_is_switched_off_ends_everywhere_and_can_be_switched_on(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        app.account_named(MAYA, Role::Support).await;
        let maya = app.client();
        maya.sign_in(MAYA, PASSWORD).await;
        let program = Api::with(&app, &make(&app, "nightly", MAYA, &[daybook::session::tokens::Scope::Read]).await);
        assert_eq!(program.get("/api/v1/logs").await.status, StatusCode::OK);
        assert_eq!(act(&app, &admin, MAYA, "disable", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(maya.get("/account").await.status, StatusCode::SEE_OTHER, "she is signed in still");
        assert_eq!(program.get("/api/v1/logs").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.client().try_sign_in(MAYA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let page = admin.get("/staff").await;
        assert!(page.text().contains("2 people, 1 active.") && page.has("td .tag"), "{}", page.text());
        // Again it changes nothing and is no second line.
        assert_eq!(act(&app, &admin, MAYA, "disable", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(act(&app, &admin, MAYA, "enable", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(maya.get("/account").await.status, StatusCode::SEE_OTHER, "her session came back");
        maya.sign_in(MAYA, PASSWORD).await;
        assert_eq!(program.get("/api/v1/logs").await.status, StatusCode::OK);
        assert_eq!(
            lines(&app).await,
            [format!("staff_disabled {MAYA} - by {ADMIN}"), format!("staff_enabled {MAYA} - by {ADMIN}")]
        );
    }

    async fn a_new_password_is_shown_once_and_ends_the_old_one_with_its_sessions(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        app.account_named(MAYA, Role::Support).await;
        let maya = app.client();
        maya.sign_in(MAYA, PASSWORD).await;
        let page = act(&app, &admin, MAYA, "password", &[]).await;
        assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, Some("no-store")));
        let password = page.texts("#once").pop().expect("a password");
        assert_eq!(maya.get("/account").await.status, StatusCode::SEE_OTHER, "her session goes on");
        assert_eq!(maya.try_sign_in(MAYA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        maya.sign_in(MAYA, &password).await;
        let id = account(&app, MAYA).await.id;
        assert!(!admin.get(&format!("/staff?edit={id}")).await.text().contains(&password), "it is shown again");
        assert!(!format!("{:?}", app.db.contents().await).contains(&password), "the password itself is kept");
        assert_eq!(lines(&app).await, [format!("staff_password_reset {MAYA} - by {ADMIN}")]);
    }

    async fn sign_ins_are_ended_and_the_password_stays(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        app.account_named(MAYA, Role::Support).await;
        let (one, two) = (app.client(), app.client());
        one.sign_in(MAYA, PASSWORD).await;
        two.sign_in(MAYA, PASSWORD).await;
        let id = account(&app, MAYA).await.id;
        assert!(admin.get(&format!("/staff?edit={id}")).await.texts("#edit").join(" ").contains("2 sign-ins open."));
        assert_eq!(act(&app, &admin, MAYA, "sign-ins", &[]).await.status, StatusCode::SEE_OTHER);
        for client in [&one, &two] {
            assert_eq!(client.get("/account").await.status, StatusCode::SEE_OTHER);
        }
        assert!(is_in(&admin.get("/account").await), "the admin's own");
        let done = admin.get(&format!("/staff?edit={id}&done=sign-ins")).await;
        assert!(done.texts("#edit [role=status]")[0].contains("signed in nowhere"), "{}", done.text());
        one.sign_in(MAYA, PASSWORD).await;
        assert_eq!(lines(&app).await, [format!("staff_sign_ins_ended {MAYA} 2 sign-ins by {ADMIN}")]);
    }

    async fn nobody_changes_their_own_account_so_an_admin_always_stays(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let page = admin.get("/staff").await;
        assert!(!page.has("td a[href^='/staff?edit=']") && page.text().contains("Ask another admin"));
        let before = app.db.outside().await.texts("SELECT role || password_hash FROM daybook_staff").await;
        for (what, fields) in [
            ("role", vec![("role", "viewer")]),
            ("password", vec![]),
            ("sign-ins", vec![]),
            ("disable", vec![]),
            ("enable", vec![]),
        ] {
            let page = act(&app, &admin, ADMIN, what, &fields).await;
            assert_eq!(page.status, StatusCode::CONFLICT, "{what}");
            assert!(page.texts("#edit [role=alert]")[0].contains("This is your own account"), "{what}");
            assert!(!page.has("#once") && !page.has("#edit form"), "{what}");
        }
        assert!(is_in(&admin.get("/staff").await));
        assert_eq!(app.db.outside().await.texts("SELECT role || password_hash FROM daybook_staff").await, before);
        assert_eq!(lines(&app).await, Vec::<String>::new());
    }

    async fn of_two_admins_who_switch_each_other_off_one_stays(db: TestDb) {
        let app = TestApp::start(db).await;
        for round in 0..6 {
            let emails = [format!("one-{round}@example.org"), format!("two-{round}@example.org")];
            let mut clients = Vec::new();
            for email in &emails {
                app.account_named(email, Role::Admin).await;
                let client = app.client();
                client.sign_in(email, PASSWORD).await;
                let token = client.token("/account").await;
                clients.push((client, token));
            }
            let how = if round % 2 == 0 { "disable" } else { "role" };
            let paths = [at(&app, &emails[1], how).await, at(&app, &emails[0], how).await];
            let post = async |which: usize| {
                let (client, token) = &clients[which];
                client.post(&paths[which], &[("csrf_token", token), ("role", "viewer")]).await
            };
            let (first, second) = futures_util::future::join(post(0), post(1)).await;
            let statuses = [first.status, second.status];
            assert!(statuses.iter().all(|status| !status.is_server_error()), "{statuses:?}");
            let mut left = 0;
            for email in &emails {
                let account = account(&app, email).await;
                left += usize::from(account.role == Role::Admin && account.disabled_at.is_none());
            }
            assert_eq!(left, 1, "{how}: {statuses:?}");
        }
    }

    async fn only_admins_come_here(db: TestDb) {
        let app = TestApp::start(db).await;
        app.account_named(MAYA, Role::Support).await;
        let paths = ["/staff", "/staff?edit=x", "/staff/activity", "/staff/activity?kind=staff", "/tokens"];
        for role in [Role::Viewer, Role::Support] {
            let client = app.signed_in(role).await;
            for path in paths {
                assert_eq!(client.get(path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
                assert_eq!(client.htmx(path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
            }
            assert!(!client.get("/account").await.has("a[href='/staff']"), "{role}");
            for what in ["role", "password", "sign-ins", "disable", "enable"] {
                let page = act(&app, &client, MAYA, what, &[("role", "admin")]).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{role} {what}");
            }
        }
        for path in paths {
            assert_eq!(app.client().get(path).await.status, StatusCode::SEE_OTHER, "{path}");
            assert_eq!(app.client().htmx(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        assert_eq!(account(&app, MAYA).await.role, Role::Support);
        let admin = app.signed_in(Role::Admin).await;
        for (path, tab) in [("/staff", "Accounts"), ("/staff/activity", "Activity in Daybook"), ("/tokens", "API tokens")] {
            let page = admin.get(path).await;
            assert_eq!(page.texts(".tabs a"), ["Accounts", "Activity in Daybook", "API tokens"], "{path}");
            assert_eq!(page.texts(".tabs [aria-current=page]"), [tab]);
            assert_eq!(page.texts(".nav [aria-current=page]"), ["Staff"], "{path}");
        }
    }

    async fn an_admin_whose_role_is_taken_away_changes_nothing_more(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        for email in ["other@example.org", MAYA] {
            app.account_named(email, Role::Admin).await;
        }
        let other = app.client();
        other.sign_in("other@example.org", PASSWORD).await;
        let token = other.token("/account").await;
        act(&app, &admin, "other@example.org", "role", &[("role", "support")]).await;
        let page = other.post(&at(&app, MAYA, "disable").await, &[("csrf_token", &token)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let page = other.post("/staff", &[("csrf_token", &token), ("email", "x@example.org"), ("role", "admin")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(account(&app, MAYA).await.disabled_at.is_none());
    }

    async fn hostile_names_and_addresses_stand_as_text(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let name = r#""><x-evil onx-evil=1>&lt;b&gt;"#;
        let email = "'><x-evil>'@example.org";
        assert_eq!(admin.submit("/staff", &[("email", email), ("role", "viewer")]).await.status, StatusCode::BAD_REQUEST);
        let email = "a'&`{{7*7}}%3Cx-evil@example.org";
        let made = admin.submit("/staff", &[("email", email), ("name", name), ("role", "viewer")]).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        let id = account(&app, email).await.id;
        let edit = admin.get(&format!("/staff?edit={id}&done=%3Cx-evil%3E")).await;
        for page in [&made, &edit, &admin.get("/staff/activity").await] {
            harmless::check(&page.html(), "a hostile name");
            let text: String = page.html().root_element().text().collect();
            assert!(text.contains(email) && (text.contains(name) || !page.has("td .title")), "{text}");
        }
    }

    async fn what_is_not_there_is_not_found_and_no_address_breaks_the_page(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let nil = uuid::Uuid::nil();
        for path in [&format!("/staff?edit={nil}"), "/staff?edit=x", "/staff/x"] {
            assert_eq!(admin.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for what in ["role", "password", "sign-ins", "disable", "enable"] {
            for id in ["x", &nil.to_string(), "%00", "..%2f"] {
                let page = admin.submit(&format!("/staff/{id}/{what}"), &[("role", "admin")]).await;
                assert_eq!(page.status, StatusCode::NOT_FOUND, "{id} {what}");
            }
        }
        for path in ["/staff?after=%ff", "/staff?edit=%00"] {
            assert_eq!(admin.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
        }
        for path in ["/staff?done=role", "/staff?after=%F0%9F%90%95", "/staff?after=zzz&done=x", "/staff?x=y"] {
            assert_eq!(admin.get(path).await.status, StatusCode::OK, "{path}");
        }
    }

    async fn many_accounts_come_in_pages_each_once(db: TestDb) {
        let app = TestApp::start(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let mut expected = vec![ADMIN.to_owned()];
        for at in 0..230 {
            // In an order of their own, letters of both cases among them.
            let email = format!("{}{at}@example.org", if at % 2 == 0 { "P" } else { "p" });
            app.account_named(&email, Role::Viewer).await;
            expected.push(email);
        }
        expected.sort_by_key(|email| email.to_ascii_lowercase());
        let pages = admin.pages("/staff", "next").await;
        let seen: Vec<String> = pages.iter().flat_map(|page| page.texts("td .title")).collect();
        assert_eq!((pages.len(), seen), (3, expected));
    }
}
