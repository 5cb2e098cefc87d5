//! `daybook token`: made, listed and revoked from the command line.

use daybook::core::role::Role;

use crate::{
    database_test,
    support::{
        app::add_account,
        binary::{self, Server},
        sample,
    },
};

const MAYA: &str = "maya@example.org";

database_test! {
    async fn a_token_is_printed_once_alone_on_a_line(db: TestDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        let at = ["--database", db.address.as_str()];
        let run = |arguments: &[&str]| binary::run(&db, &[arguments, &at].concat());
        let made = run(&["token", "create", "nightly-report", "--scope", "read", "--scope", "ingest", "--owner", "MAYA@example.org"]);
        let token = made.done().strip_suffix('\n').expect("a line").to_owned();
        assert!(token.starts_with("dbk_") && !token.contains('\n'), "{token}");
        let list = run(&["token", "list"]);
        let line = list.done().lines().nth(1).expect("a row").to_owned();
        for part in ["nightly-report", &token[..8], "ingest, read", MAYA, "active", "never"] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!list.stdout.contains(&token));

        let mut server = Server::serve(&db);
        let client = server.client().await;
        let bearer = format!("Bearer {token}");
        let ask = async || client.get_with("/api/v1/logs", &[("authorization", &bearer)]).await.status;
        assert_eq!(ask().await, 200);
        assert_eq!(run(&["token", "revoke", "nightly-report"]).done(), "nightly-report is revoked.\n");
        assert_eq!(ask().await, 401);
        server.stop();
        assert!(run(&["token", "list"]).done().contains("revoked"));
    }

    async fn what_cannot_be_made_is_said_in_a_line(db: TestDb) {
        add_account(&db, MAYA, Role::Support, sample::now()).await;
        add_account(&db, "off@example.org", Role::Admin, sample::now()).await;
        db.outside().await.run("UPDATE daybook_staff SET disabled_at = created_at WHERE email = 'off@example.org'").await;
        let run = |arguments: &[&str]| {
            let all = [&["token"], arguments, &["--database", db.address.as_str()]].concat();
            binary::run(&db, &all).failed().to_owned()
        };
        for (arguments, said) in [
            (&["create", "a", "--owner", MAYA][..], "--scope"),
            (&["create", "a", "--scope", "all", "--owner", MAYA], "ingest"),
            (&["create", "a", "--scope", "read"], "--owner"),
            (&["create", "a", "--scope", "read", "--owner", "nobody@example.org"], "daybook staff list"),
            (&["create", "a", "--scope", "read", "--owner", "off@example.org"], "is off"),
            (&["create", " ", "--scope", "read", "--owner", MAYA], "name"),
            (&["create", "a", "--scope", "read", "--owner", MAYA, "--expires", "tomorrow"], "--expires"),
            (&["create", "a", "--scope", "read", "--owner", MAYA, "--expires", "2020-01-01T00:00:00Z"], "over already"),
            (&["revoke", "a"], "daybook token list"),
        ] {
            let line = run(arguments);
            assert!(line.contains(said), "{arguments:?}: {line}");
        }
        assert_eq!(db.outside().await.number("SELECT count(*) FROM daybook_tokens").await, 0);
        let make = ["token", "create", "a", "--scope", "read", "--owner", MAYA, "--database", &db.address];
        binary::run(&db, &make).done();
        assert!(binary::run(&db, &make).failed().contains("revoke it first"));
    }
}
