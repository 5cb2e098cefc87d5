//! A database for one test, gone when the test ends.

use std::path::{Path, PathBuf};

use daybook::{
    core::time::Timestamp,
    db::{Db, Sql, address::Address, migrate},
    logs::{
        log::{NewBooking, NewLog, NewMember},
        write::{self, Batch},
    },
};

use super::{
    outside::{Contents, Outside},
    postgres,
};

/// A fresh database, and where it lies.
pub struct TestDb {
    /// The database, open.
    pub db: Db,
    /// Its address, for the binary.
    pub address: String,
    /// A folder of its own: of the file, or where commands run.
    pub folder: tempfile::TempDir,
    is_file: bool,
}

impl TestDb {
    /// A fresh embedded database.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("daybook.db");
        Self { folder, ..Self::sqlite_at(&file).await }
    }

    /// A fresh embedded database in this file.
    pub async fn sqlite_at(file: &Path) -> Self {
        let db = Db::open_sqlite(file, true).await.expect("an open database");
        migrate::run(&db).await.expect("a migrated database");
        let folder = tempfile::tempdir().expect("a folder");
        Self { db, address: format!("sqlite://{}", file.display()), folder, is_file: true }
    }

    /// A fresh database on the shared server, Daybook's own. Migrating one costs more than a test, so it is done once.
    pub async fn postgres() -> Self {
        static MIGRATED: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
        let server = postgres::shared();
        let migrated = MIGRATED.get_or_init(async || {
            let name = server.database().await;
            let db = Self::postgres_at(&server.address("owner", &name)).await.db;
            migrate::run(&db).await.expect("a migrated database");
            db.close().await;
            name
        });
        let name = server.database_like(migrated.await).await;
        Self::postgres_at(&server.address("owner", &name)).await
    }

    /// A database on a server, as it is.
    pub async fn postgres_at(address: &str) -> Self {
        let Ok(Address::Postgres(server)) = Address::parse(address) else { panic!("{address} is no server") };
        let db = Db::open_postgres(&server).await.expect("an open database");
        let folder = tempfile::tempdir().expect("a folder");
        Self { db, address: address.to_owned(), folder, is_file: false }
    }

    /// Writes entries through the one insert path.
    pub async fn write(&self, logs: Vec<NewLog>) {
        self.write_batch(Batch { logs, ..Batch::default() }).await;
    }

    /// Writes members, bookings and entries.
    pub async fn write_batch(&self, batch: Batch) {
        write::write(&self.db, &batch).await.expect("written");
    }

    /// Writes one member.
    pub async fn member(&self, member: NewMember) {
        self.write_batch(Batch { members: vec![member], ..Batch::default() }).await;
    }

    /// Writes one booking.
    pub async fn booking(&self, booking: NewBooking) {
        self.write_batch(Batch { bookings: vec![booking], ..Batch::default() }).await;
    }

    /// The file it is kept in.
    pub fn file(&self) -> PathBuf {
        assert!(self.is_file, "a database on a server has no file");
        self.address.trim_start_matches("sqlite://").into()
    }

    /// A file in the same folder, which goes with it; and its address as a database.
    pub fn beside(&self, name: &str) -> (PathBuf, String) {
        let file = self.folder.path().join(name);
        let address = format!("sqlite://{}", file.display());
        (file, address)
    }

    /// The address of another, empty database of the same kind.
    pub async fn another(&self) -> String {
        if self.is_file {
            return self.beside(&format!("{}.db", uuid::Uuid::new_v4().simple())).1;
        }
        postgres::shared().address("owner", &postgres::shared().database().await)
    }

    /// A connection of somebody else: another process, as far as Daybook can tell.
    pub async fn outside(&self) -> Outside {
        if self.is_file { Outside::open(&self.file()).await } else { Outside::connect(&self.address).await }
    }

    /// Everything in it, as somebody else reads it.
    pub async fn contents(&self) -> Contents {
        self.outside().await.contents().await
    }

    /// Runs SQL that is expected to work.
    pub async fn execute(&self, sql: Sql) {
        let mut tx = self.db.write().await.expect("a transaction");
        tx.execute(sql).await.expect("executed");
        tx.commit().await.expect("committed");
    }
}

/// An instant out of RFC 3339.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap_or_else(|| panic!("{text} is no instant"))
}
