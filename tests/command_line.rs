//! The command line, through the real binary: what each command does, and the one line it says when it cannot.

use daybook::{core::role::Role, db::Sql};

use crate::{
    database_test,
    support::{
        binary::{run, run_with},
        sample,
    },
};

const COMMANDS: [&str; 8] = ["demo", "serve", "migrate", "check", "seed", "staff", "export", "backup"];

database_test! {
    async fn every_command_has_help_with_an_example(db: TestDb) {
        for command in COMMANDS {
            let help = run(&db, &[command, "--help"]);
            assert!(help.done().contains("daybook"), "{command}: {}", help.stdout);
        }
        for command in COMMANDS.into_iter().filter(|command| *command != "staff") {
            assert!(run(&db, &[command, "--help"]).done().contains("Example"), "{command}");
        }
    }

    async fn what_is_not_understood_is_one_line(db: TestDb) {
        for (arguments, says) in [
            (&["seed"][..], "--entries"),
            (&["serve", "--listen", "nowhere"], "--listen"),
            (&["serve", "--time-zone", "Mars/Olympus"], "--time-zone"),
            (&["serve", "--database", "mysql://a:secret@b/c"], "sqlite://"),
            (&["frobnicate"], "frobnicate"),
            (&["backup", "copy.db", "--database", "sqlite://nothing.db"], "no database"),
            (&["demo", "--listen", "0.0.0.0:0"], "loopback"),
        ] {
            let ran = run(&db, arguments);
            assert!(ran.failed().contains(says) && !ran.stderr.contains("secret"), "{arguments:?}: {}", ran.stderr);
        }
    }

    async fn seed_is_the_same_twice_and_keeps_out_of_other_databases(db: TestDb) {
        let (_, address) = db.beside("seeded.db");
        let seed = ["seed", "--entries", "600", "--until", "2026-06-18T12:00:00Z", "--database", &address];
        assert_eq!(run(&db, &seed).done(), "600 entries written, 0 stood already\n");
        assert_eq!(run(&db, &seed).done(), "0 entries written, 600 stood already\n");
        let check = run(&db, &["check", "--database", &address]);
        assert!(check.done().contains("indexes") && !check.stdout.contains("to be built"), "{}", check.stdout);

        db.write(vec![sample::log(sample::now())]).await;
        let refused = run(&db, &["seed", "--entries", "5", "--database", &db.address]);
        assert!(refused.failed().contains("did not write"), "{}", refused.stderr);
    }

    async fn check_and_a_dry_run_make_nothing(db: TestDb) {
        let (file, address) = db.beside("absent.db");
        assert!(run(&db, &["check", "--database", &address]).done().contains("not there yet"));
        assert!(run(&db, &["migrate", "--dry-run", "--database", &address]).done().contains("CREATE TABLE audit_logs"));
        assert!(!file.exists());
        assert!(run(&db, &["migrate", "--dry-run", "--database", &db.address]).done().contains("nothing to do"));
    }

    async fn a_database_of_a_newer_version_is_refused(db: TestDb) {
        db.execute(Sql::new("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1")).await;
        for command in ["serve", "check", "migrate"] {
            let ran = run(&db, &[command, "--database", &db.address]);
            assert!(!ran.status.success() && ran.stderr.contains("newer Daybook"), "{command}: {}", ran.stderr);
        }
    }

    async fn a_backup_is_whole_private_and_replaces_nothing(db: TestDb) {
        use std::os::unix::fs::PermissionsExt;
        db.write((0..300).map(|minute| sample::log(sample::minutes_ago(minute))).collect()).await;
        let (file, address) = db.beside("copy.db");
        let path = file.to_str().expect("text");
        run(&db, &["backup", path, "--database", &db.address]).done();
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        let exported = run(&db, &["export", "--database", &address, "--format", "ndjson"]);
        assert_eq!(exported.done().lines().count(), 300);
        assert!(run(&db, &["backup", path, "--database", &db.address]).failed().contains("never replaces"));
    }

    async fn staff_accounts_are_kept_from_the_command_line(db: TestDb) {
        let database = ["--database", db.address.as_str()];
        let staff = |arguments: &[&str], input: &str| run_with(&db, &[&["staff"], arguments, &database[..]].concat(), input);
        let add = ["add", "maya@example.org", "--role", "support", "--password-stdin"];
        staff(&add, "a rather long pass 71\n").done();
        assert!(staff(&add, "a rather long pass 71\n").failed().contains("maya@example.org"));
        assert!(staff(&["add", "jo@example.org", "--role", "viewer", "--password-stdin"], "short\n").failed().contains("12"));
        assert!(staff(&["add", "jo@example.org", "--role", "owner", "--password-stdin"], "x\n").failed().contains("role"));
        staff(&["set-role", "maya@example.org", Role::Admin.as_str()], "").done();
        staff(&["disable", "maya@example.org"], "").done();
        let list = staff(&["list"], "");
        assert!(list.done().contains("maya@example.org") && list.stdout.contains("admin"), "{}", list.stdout);
        staff(&["enable", "maya@example.org"], "").done();
        staff(&["reset-password", "maya@example.org", "--password-stdin"], "another long pass 72\n").done();
        assert!(staff(&["disable", "nobody@example.org"], "").failed().contains("nobody@example.org"));
    }
}
