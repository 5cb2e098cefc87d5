//! What a server may lack, and that the commands say so in a line.

use crate::support::{
    Outside, TestDb,
    application::OBJECTS,
    binary::run,
    postgres,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_in_utf_8_is_refused_and_left_as_it_is() {
    let server = postgres::shared();
    let mut maker = Outside::connect(&server.address("owner", &server.database().await)).await;
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("in_{}", encoding.to_lowercase());
        maker
            .run(&format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
            ))
            .await;
        let address = server.address("owner", &name);
        let db = TestDb::postgres_at(&address).await;
        let mut outside = Outside::connect(&address).await;
        for log in ["", "CREATE TABLE audit_logs (id uuid PRIMARY KEY, timestamp timestamptz NOT NULL)"] {
            outside.run(log).await;
            let before = outside.texts(OBJECTS).await;
            for command in [&["check"][..], &["migrate"], &["migrate", "--dry-run"], &["serve"], &["staff", "list"]] {
                let ran = run(&db, &[command, &["--database", &address]].concat());
                let why = ran.failed();
                assert!(why.contains(encoding) && why.contains("needs UTF8"), "{command:?}: {why}");
            }
            assert_eq!(outside.texts(OBJECTS).await, before, "{encoding}");
        }
    }
}
