//! `daybook staff` beside a server: accounts made, changed and switched off, from the next request on.

use daybook::{core::role::Role, session::accounts};
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{
        Client, Places, TestApp, TestDb,
        app::PASSWORD,
        binary::{Ran, daybook, finish, run, run_with},
    },
};

const MAYA: &str = "maya.osei@example.org";
const OTHER: &str = "an entirely different sentence";

fn staff(db: &TestDb, arguments: &[&str], input: &str) -> Ran {
    run_with(db, &[&["staff"], arguments, &["--database", &db.address]].concat(), input)
}

fn add(db: &TestDb, email: &str, role: &str) {
    staff(db, &["add", email, "--role", role, "--password-stdin"], &format!("{PASSWORD}\n")).done();
}

async fn is_in(client: &Client) -> bool {
    client.get("/account").await.status == StatusCode::OK
}

database_test! {
    async fn an_account_that_is_added_can_sign_in(db: TestDb) {
        let arguments = ["add", MAYA, "--role", "support", "--name", "Maya Osei", "--password-stdin"];
        let ran = staff(&db, &arguments, &format!("{PASSWORD}\r\nnot this line\n"));
        assert_eq!(ran.done(), format!("Added {MAYA} with the role support.\n"));
        assert_eq!(ran.stderr, "");
        let app = TestApp::start(db).await;
        let client = app.client();
        client.sign_in("Maya.Osei@Example.org", PASSWORD).await;
        assert!(client.get("/account").await.text().contains("Role: Support"));
        let list = staff(&app.db, &["list"], "");
        let row = list.done().lines().find(|row| row.starts_with(MAYA)).expect("a row").to_owned();
        let words: Vec<_> = row.split_whitespace().collect();
        assert_eq!(words[..5], [MAYA, "Maya", "Osei", "support", "on"]);
        assert!(!list.stdout.contains("argon2"), "{}", list.stdout);
    }

    async fn accounts_are_listed_as_they_are(db: TestDb) {
        assert!(staff(&db, &["list"], "").done().starts_with("No staff account yet."));
        let arguments = ["add", "Maya.Osei@example.org", "--role", "support", "--name", "Maya Osei", "--password-stdin"];
        staff(&db, &arguments, PASSWORD).done();
        add(&db, "d@example.org", "admin");
        staff(&db, &["set-role", MAYA, "viewer"], "").done();
        assert_eq!(staff(&db, &["disable", MAYA], "").done(), "Maya.Osei@example.org is off, and signed out everywhere.\n");
        assert_eq!(staff(&db, &["disable", MAYA], "").done(), "Maya.Osei@example.org is off already.\n");
        let kept = accounts::list(&db.db).await.expect("accounts");
        let [first, second] = [0, 1].map(|at: usize| kept[at].created_at.utc().format("%Y-%m-%d").to_string());
        assert_eq!(
            staff(&db, &["list"], "").done(),
            format!(
                "E-mail                 Name       Role    State  Created\n\
                 d@example.org          -          admin   on     {first}\n\
                 Maya.Osei@example.org  Maya Osei  viewer  off    {second}\n"
            )
        );
        let subjects = db.outside().await.texts("SELECT DISTINCT subject FROM daybook_staff_log ORDER BY subject").await;
        assert_eq!(subjects, ["Maya.Osei@example.org", "d@example.org"], "written as they were added, whatever is typed later");
    }

    async fn another_role_counts_from_the_next_request(db: TestDb) {
        add(&db, MAYA, "viewer");
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.client();
        client.sign_in(MAYA, PASSWORD).await;
        let file = format!("/logs/{}/error_detail.txt", places.entry);
        assert_eq!(client.get(&file).await.status, StatusCode::FORBIDDEN);
        assert_eq!(
            staff(&app.db, &["set-role", MAYA, "support"], "").done(),
            format!("{MAYA} has the role support now.\n")
        );
        assert_eq!(client.get(&file).await.status, StatusCode::OK);
        assert!(staff(&app.db, &["set-role", MAYA, "support"], "").done().contains("already"));
    }

    async fn an_account_that_is_switched_off_is_out_at_once(db: TestDb) {
        add(&db, MAYA, "admin");
        let app = TestApp::start(db).await;
        let client = app.client();
        client.sign_in(MAYA, PASSWORD).await;
        staff(&app.db, &["disable", MAYA], "").done();
        assert!(!is_in(&client).await);
        assert_eq!(client.try_sign_in(MAYA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert!(staff(&app.db, &["list"], "").done().lines().any(|row| row.starts_with(MAYA) && row.contains("off")));
        staff(&app.db, &["enable", MAYA], "").done();
        assert!(!is_in(&client).await, "an old session came back");
        client.sign_in(MAYA, PASSWORD).await;
        assert!(is_in(&client).await);
    }

    async fn another_password_ends_every_session(db: TestDb) {
        add(&db, MAYA, "support");
        let app = TestApp::start(db).await;
        let other = app.signed_in(Role::Admin).await;
        let client = app.client();
        client.sign_in(MAYA, PASSWORD).await;
        staff(&app.db, &["reset-password", MAYA, "--password-stdin"], OTHER).done();
        assert!(!is_in(&client).await && is_in(&other).await);
        assert_eq!(client.try_sign_in(MAYA, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        client.sign_in(MAYA, OTHER).await;
    }

    async fn what_is_done_is_recorded_and_no_password_with_it(db: TestDb) {
        add(&db, MAYA, "viewer");
        staff(&db, &["set-role", MAYA, "admin"], "").done();
        staff(&db, &["reset-password", MAYA, "--password-stdin"], OTHER).done();
        staff(&db, &["disable", MAYA], "").done();
        staff(&db, &["enable", MAYA], "").done();
        let sql = "SELECT kind || ' by ' || staff_email || ' about ' || subject || ' with ' || coalesce(detail, '-') \
                   FROM daybook_staff_log ORDER BY seq";
        let lines = db.outside().await.texts(sql).await;
        let by = format!("by command line about {MAYA} with");
        assert_eq!(
            lines,
            [
                format!("staff_added {by} viewer"),
                format!("staff_role_changed {by} viewer to admin"),
                format!("staff_password_reset {by} -"),
                format!("staff_disabled {by} -"),
                format!("staff_enabled {by} -"),
            ]
        );
        let stored = format!("{:?}", db.contents().await);
        assert!(!stored.contains(PASSWORD) && !stored.contains(OTHER));
    }

    async fn what_cannot_be_done_is_one_line_and_leaves_nothing(db: TestDb) {
        add(&db, MAYA, "support");
        let before = db.contents().await;
        let (long, long_name) = (format!("{}\n", "x y".repeat(100)), "x".repeat(81));
        for (arguments, input, says) in [
            (
                &["add", "MAYA.OSEI@example.org", "--role", "admin", "--password-stdin"][..],
                PASSWORD,
                "has an account already",
            ),
            (&["add", "no-mail", "--role", "admin", "--password-stdin"], PASSWORD, "is not an e-mail"),
            (&["add", "a@b.example", "--role", "admin", "--password-stdin"], "", "no password"),
            (&["add", "a@b.example", "--role", "admin", "--password-stdin"], "\n", "no password"),
            (&["add", "a@b.example", "--role", "admin", "--password-stdin"], "short", "12 characters"),
            (&["add", "a@b.example", "--role", "admin", "--password-stdin"], &long, "256 characters"),
            (&["add", "a@b.example", "--role", "admin", "--password-stdin"], "a@b.example a@b.example", "e-mail"),
            (&["add", "a@b.example", "--role", "admin", "--password-stdin"], "password1234", "first that are tried"),
            (&["add", "a@b.example", "--role", "admin"], PASSWORD, "--password-stdin"),
            (&["add", "a@b.example", "--password-stdin"], PASSWORD, "--role"),
            (&["add", "a@b.example", "--role", "owner", "--password-stdin"], PASSWORD, "viewer, support, admin"),
            (&["add", "a@b.example", "--role", "admin", "--password", "on the command line"], "", "--password"),
            (&["add", "a@b.example", "--role", "admin", "--name", "a\u{1b}[2J", "--password-stdin"], PASSWORD, "name"),
            (&["add", "a@b.example", "--role", "admin", "--name", &long_name, "--password-stdin"], PASSWORD, "80 characters"),
            // Nobody is asked for a password that could not be used.
            (&["add", "MAYA.OSEI@example.org", "--role", "admin"], "", "has an account already"),
            (&["add", "no e-mail", "--role", "admin"], "", "is not an e-mail"),
            (&["add", "a@b.example", "--role", "admin", "--name", &long_name], "", "80 characters"),
            (&["reset-password", MAYA], PASSWORD, "--password-stdin"),
            (&["reset-password", MAYA, "--password-stdin"], MAYA, "e-mail"),
            (&["reset-password", MAYA, "--password-stdin"], "short", "12 characters"),
            (&["reset-password", "nobody@example.org", "--password-stdin"], PASSWORD, "nobody has the e-mail"),
            (&["disable", "nobody@example.org"], "", "nobody has the e-mail"),
            (&["disable", "nobody\u{1b}[2J@example.org"], "", "nobody has the e-mail"),
            (&["enable", "\u{1b}[2J@example.org"], "", "nobody has the e-mail"),
            (&["set-role", MAYA, "owner"], "", "viewer, support, admin"),
            (&["set-role", "nobody@example.org", "admin"], "", "nobody has the e-mail"),
        ] {
            let ran = staff(&db, arguments, input);
            let line = ran.failed();
            assert!(line.contains(says), "{arguments:?}: {line}");
            assert!(!line.contains('\u{1b}') && !line.contains(PASSWORD), "{arguments:?}: {line}");
            assert_eq!(ran.stdout, "", "{arguments:?}");
        }
        assert_eq!(db.contents().await, before);
    }

    async fn the_first_account_makes_the_database(db: FileDb) {
        let (file, address) = db.beside("new.db");
        let mut command = daybook(&db, &["staff", "add", MAYA, "--role", "admin", "--password-stdin"]);
        command.env("DATABASE_URL", &address);
        finish(command, PASSWORD).done();
        assert!(file.exists());
        let check = run(&db, &["check", "--database", &address]);
        assert!(
            check.done().lines().any(|line| line.starts_with("staff accounts") && line.ends_with('1')),
            "{}",
            check.stdout
        );
        let empty = run(&db, &["staff", "list", "--database", &db.address]);
        assert!(empty.done().starts_with("No staff account yet."));
    }
}
