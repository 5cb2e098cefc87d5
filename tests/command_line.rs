//! The command line: help with an example, failures in one line, settings in their order, and looking without touching.

use std::process::Command;

use crate::{
    database_test,
    support::{
        TestDb,
        binary::{Server, daybook, finish, run},
        outside::Outside,
        sample,
    },
};

/// The commands that help lists, `of` being the command whose help it is.
fn commands(db: &TestDb, of: &[&str]) -> Vec<String> {
    let help = run(db, &[of, &["--help"]].concat());
    let listed = help.done().split("Commands:\n").nth(1).expect("a list of commands").split("\n\n").next();
    let words = listed.unwrap_or_default().lines().filter_map(|line| line.split_whitespace().next());
    words.filter(|word| *word != "help").map(str::to_owned).collect()
}

/// What a database is made of, as SQL.
async fn schema(file: &std::path::Path) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '_sqlx%' ORDER BY type, name";
    Outside::open(file).await.texts(sql).await
}

/// A database of a version of Daybook that is not made yet.
async fn newer(db: &TestDb) {
    db.outside()
        .await
        .run(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'later', 1, x'00', 0)",
        )
        .await;
}

database_test! {
    async fn every_command_has_help_with_an_example(db: TestDb) {
        let all = commands(&db, &[]);
        for needed in ["demo", "serve", "migrate", "check", "seed", "staff", "token", "import", "backup"] {
            assert!(all.iter().any(|command| command == needed), "{needed} is not listed");
        }
        let staff = commands(&db, &["staff"]);
        assert_eq!(staff, ["add", "list", "disable", "enable", "reset-password", "set-role"]);
        let token = commands(&db, &["token"]);
        assert_eq!(token, ["create", "list", "revoke"]);
        let below = |name: &str, all: &[String]| -> Vec<Vec<String>> {
            all.iter().map(|command| vec![name.to_owned(), command.clone()]).collect()
        };
        let paths = all.iter().map(|command| vec![command.clone()]);
        let paths = paths.chain(below("staff", &staff)).chain(below("token", &token));
        for path in paths {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let help = run(&db, &[&path[..], &["--help"]].concat());
            let example = help.done().split("Example:\n").nth(1).unwrap_or_default();
            let begin = format!("daybook {}", path.join(" "));
            assert!(example.trim().starts_with(&begin), "{path:?} has no example: {}", help.stdout);
            assert_eq!(help.stderr, "", "{path:?}");
        }
        assert!(run(&db, &["--version"]).done().starts_with("daybook "));
    }

    async fn the_examples_are_understood(db: TestDb) {
        for command in commands(&db, &[]) {
            let help = run(&db, &[&command, "--help"]);
            let examples = help.done().split("Example:\n").nth(1).unwrap_or_default().trim();
            // Long ones are wrapped; quotes in an example are the shell's.
            let words: Vec<&str> = examples.split_whitespace().map(|word| word.trim_matches('\'')).collect();
            for words in words.split(|word| *word == "daybook").filter(|words| !words.is_empty()) {
                let example = words.join(" ");
                let ran = run(&db, &[words, &["--help"]].concat());
                assert!(ran.status.success(), "{example}: {}", ran.stderr);
            }
        }
    }

    async fn a_failure_is_one_line_that_says_what_to_do(db: FileDb) {
        let (none, nowhere) = (db.beside("none.db").1, db.beside("no/such/folder.db").1);
        let (text, not_one) = db.beside("text.db");
        std::fs::write(&text, "This is a letter, not a database.").expect("written");
        for (arguments, says) in [
            (&["nope"][..], "nope"),
            (&["serve", "--nope"], "--nope"),
            (&["serve", "--listen", "nowhere"], "--listen"),
            (&["serve", "--listen", "127.0.0.1"], "--listen"),
            (&["serve", "--time-zone", "Mars/Olympus"], "--time-zone"),
            (&["serve", "--public-url", "daybook.example.org"], "--public-url"),
            (&["serve", "--trusted-proxy", "10.0.0.300"], "--trusted-proxy"),
            (&["serve", "--log", "a=b=c"], "--log"),
            (&["serve", "--database", "mysql://a:topsecret@b/c"], "--database"),
            (&["serve", "--database", "sqlite::memory:"], "--database"),
            (&["serve", "--database", "topsecret"], "--database"),
            (&["serve", "--database", &nowhere, "--listen", "127.0.0.1:0"], "no/such/folder.db"),
            (&["serve", "--database", &not_one, "--listen", "127.0.0.1:0"], "not a database"),
            (&["check", "--database", &not_one], "not a database"),
            (&["migrate", "--dry-run", "--database", &not_one], "not a database"),
            (&["seed", "--entries", "5", "--database", &not_one], "not a database"),
            (&["seed"], "--entries"),
            (&["seed", "--entries", "many"], "--entries"),
            (&["seed", "--entries", "5", "--until", "tomorrow", "--database", &none], "--until"),
            (&["seed", "--entries", "5", "--members", "0", "--database", &none], "--members"),
            (&["backup", "copy.db", "--database", &none], "--database"),
            (&["backup"], "<FILE>"),
            (&["staff"], ""),
            (&["staff", "add", "a@b.example", "--role", "owner"], "viewer, support, admin"),
            (&["demo", "--listen", "0.0.0.0:0"], "--listen"),
            (&["demo", "--database", &db.address], "exists"),
            (&["check", "--config", "none.toml"], "none.toml"),
        ] {
            let ran = run(&db, arguments);
            if arguments == ["staff"] {
                assert!(!ran.status.success() && ran.stdout.is_empty(), "{}", ran.stdout);
                continue;
            }
            let line = ran.failed();
            assert!(line.contains(says), "{arguments:?}: {line}");
            assert!(!line.contains("topsecret"), "{arguments:?} tells the password: {line}");
            assert_eq!(ran.stdout, "", "{arguments:?}");
        }
        assert!(!db.beside("none.db").0.exists() && !db.beside("copy.db").0.exists(), "something was made");
        assert_eq!(std::fs::read_to_string(&text).expect("read"), "This is a letter, not a database.");
    }

    async fn a_flag_wins_over_the_environment_over_the_file(db: FileDb) {
        let (config, _) = db.beside("daybook.toml");
        std::fs::write(&config, "database = \"sqlite://file.db\"\n").expect("written");
        let config = config.to_str().expect("text");
        let chosen = |arguments: &[&str], environment: &[(&str, &str)]| {
            let mut command = daybook(&db, &[&["check"], arguments].concat());
            command.envs(environment.iter().copied());
            let ran = finish(command, "");
            let line =
                ran.done().lines().find(|line| line.starts_with("database")).expect("the database is said").to_owned();
            line.split_whitespace().nth(1).expect("an address").to_owned()
        };
        let (ours, theirs) = (("DAYBOOK_DATABASE_URL", "sqlite://ours.db"), ("DATABASE_URL", "sqlite://theirs.db"));
        let flag = ["--database", "sqlite://flag.db", "--config", config];
        assert_eq!(chosen(&flag, &[ours, theirs]), "sqlite://flag.db");
        assert_eq!(chosen(&["--config", config], &[ours, theirs]), "sqlite://ours.db");
        assert_eq!(chosen(&["--config", config], &[theirs]), "sqlite://theirs.db");
        assert_eq!(chosen(&["--config", config], &[("DATABASE_URL", " ")]), "sqlite://file.db");
        assert_eq!(chosen(&["--config", config], &[]), "sqlite://file.db");
        assert_eq!(chosen(&[], &[]), "sqlite://daybook.db");
    }

    async fn the_site_is_set_up_in_the_same_order(db: FileDb) {
        let (config, _) = db.beside("daybook.toml");
        let text = format!(
            "database = \"{}\"\nlisten = \"127.0.0.1:0\"\nsite-name = \"Of the file\"\ntime-zone = \"Asia/Kathmandu\"\n\
             public-url = \"https://daybook.example.org\"\nlog = \"warn\"\n",
            db.address
        );
        std::fs::write(&config, text).expect("written");
        let arguments = ["serve", "--config", config.to_str().expect("text")];
        let name = async |command: Command| {
            let page = Server::start(command).client().await.get("/login").await;
            // The public address is https, whatever else is overruled.
            assert!(page.header("strict-transport-security").is_some());
            page.texts(".brand small").concat()
        };
        assert_eq!(name(daybook(&db, &arguments)).await, "Of the file");
        let mut command = daybook(&db, &arguments);
        command.env("DAYBOOK_SITE_NAME", "Of the environment");
        assert_eq!(name(command).await, "Of the environment");
        let mut command = daybook(&db, &[&arguments[..], &["--site-name", "Of the flag"]].concat());
        command.env("DAYBOOK_SITE_NAME", "Of the environment");
        assert_eq!(name(command).await, "Of the flag");
    }

    async fn a_file_of_settings_that_is_not_understood_is_refused(db: FileDb) {
        let (config, _) = db.beside("daybook.toml");
        for text in ["tiem-zone = \"UTC\"", "listen = 8080", "listen = ", "[server]\nlisten = \"127.0.0.1:0\""] {
            std::fs::write(&config, text).expect("written");
            let ran = run(&db, &["check", "--config", config.to_str().expect("text")]);
            assert!(ran.failed().contains("daybook.toml"), "{text}: {}", ran.stderr);
        }
    }

    async fn check_says_what_a_database_is_and_changes_nothing(db: FileDb) {
        let (missing, address) = db.beside("missing.db");
        let ran = run(&db, &["check", "--database", &address]);
        assert!(ran.done().contains("not there yet"), "{}", ran.stdout);
        assert!(!missing.exists());
        db.write(vec![sample::log(sample::minutes_ago(5)), sample::error(sample::minutes_ago(6))]).await;
        let before = db.contents().await;
        let ran = run(&db, &["check", "--database", &db.address]);
        for (finding, value) in [
            ("schema", "up to date"),
            ("staff accounts", "none: daybook staff add"),
            ("entries", "2"),
            ("indexes", "complete"),
        ] {
            let row =
                ran.done().lines().find(|line| line.starts_with(finding)).unwrap_or_else(|| panic!("{}", ran.stdout));
            assert!(row[finding.len()..].trim().starts_with(value), "{row}");
        }
        assert_eq!(db.contents().await, before);
    }

    async fn a_database_of_a_newer_version_is_refused_and_left_alone(db: FileDb) {
        newer(&db).await;
        let before = db.contents().await;
        for arguments in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["check"],
            &["migrate"],
            &["migrate", "--dry-run"],
            &["seed", "--entries", "5"],
            &["staff", "list"],
        ] {
            let ran = run(&db, &[arguments, &["--database", &db.address]].concat());
            assert!(ran.failed().contains("newer Daybook"), "{arguments:?}: {}", ran.stderr);
            assert!(ran.status.code() == Some(1), "{arguments:?}");
        }
        assert_eq!(db.contents().await, before);
    }

    async fn a_table_that_is_not_daybooks_is_refused_and_left_alone(db: FileDb) {
        let (file, address) = db.beside("theirs.db");
        let options = "CREATE TABLE audit_logs (id TEXT); INSERT INTO audit_logs VALUES ('x')";
        std::fs::write(&file, "").expect("an empty file");
        Outside::open(&file).await.run(options).await;
        for arguments in
            [&["serve", "--listen", "127.0.0.1:0"][..], &["check"], &["migrate"], &["seed", "--entries", "5"]]
        {
            let ran = run(&db, &[arguments, &["--database", &address]].concat());
            assert!(ran.failed().contains("audit_logs"), "{arguments:?}: {}", ran.stderr);
        }
        assert_eq!(schema(&file).await, ["CREATE TABLE audit_logs (id TEXT)"]);
    }

    async fn a_dry_run_prints_what_migrating_would_do_and_does_nothing(db: FileDb) {
        let (file, address) = db.beside("new.db");
        let ran = run(&db, &["migrate", "--dry-run", "--database", &address]);
        let sql = ran.done().to_owned();
        assert!(!file.exists(), "it made the file");
        assert!(sql.contains("CREATE TABLE audit_logs") && sql.contains("BEGIN;") && sql.contains("COMMIT;"), "{sql}");

        // What it printed makes the very database that migrating makes.
        let (by_hand, _) = db.beside("by-hand.db");
        std::fs::write(&by_hand, "").expect("an empty file");
        Outside::open(&by_hand).await.run(&sql).await;
        let ran = run(&db, &["migrate", "--database", &address]);
        let steps = ran.done().lines().filter(|line| line.starts_with("done: ")).count();
        assert_eq!(steps, sql.lines().filter(|line| *line == "BEGIN;").count(), "{}", ran.stdout);
        assert_eq!(schema(&file).await, schema(&by_hand).await);

        let again = run(&db, &["migrate", "--database", &address]);
        assert_eq!(again.done(), "up to date: nothing to do\n");
        let again = run(&db, &["migrate", "--dry-run", "--database", &address]);
        assert_eq!(again.done(), "-- up to date: nothing to do\n");
    }
}
