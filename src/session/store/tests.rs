//! Sessions against a database of their own, with a clock that is moved by hand.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use super::*;
use crate::{
    core::{role::Role, time::Clock},
    session::accounts::{
        self,
        tests::{added, database},
    },
};

#[derive(Default)]
struct HandClock(AtomicI64);

impl HandClock {
    fn forward(&self, by: Duration) {
        self.0.fetch_add(by.num_microseconds().expect("short"), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_750_000_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

struct Setting {
    store: Store,
    clock: Arc<HandClock>,
    db: Db,
    staff: Uuid,
    _folder: tempfile::TempDir,
}

async fn setting() -> Setting {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder).await;
    let staff = added(&db, "maya@brackenfield.example", Role::Viewer, "$hash").await.id;
    let clock = Arc::new(HandClock::default());
    Setting { store: Store::new(db.clone(), clock.clone()), clock, db, staff, _folder: folder }
}

impl Setting {
    fn state(&self) -> State {
        HashMap::from([(kept::STAFF.to_owned(), format!("\"{}\"", self.staff))])
    }

    async fn save(&self) -> SessionKey {
        self.store.save(self.state(), &time::Duration::DAY).await.expect("saved")
    }

    async fn load(&self, key: &SessionKey) -> Option<State> {
        let state = self.store.load(key).await.expect("loaded");
        // A touch that was begun stands before us in the queue for the one writer.
        tokio::task::yield_now().await;
        drop(self.db.write().await.expect("the writer"));
        state
    }

    async fn count(&self) -> i64 {
        let row: Option<(i64,)> =
            self.db.fetch_optional(Sql::new("SELECT count(*) FROM daybook_sessions")).await.expect("counted");
        row.map_or(0, |(count,)| count)
    }
}

#[tokio::test]
async fn a_session_is_found_by_its_id_and_only_a_hash_of_it_is_kept() {
    let s = setting().await;
    let key = s.save().await;
    assert_eq!(key.as_ref().len(), 43);
    assert_eq!(s.load(&key).await, Some(s.state()));
    let rows: Vec<(Vec<u8>, Option<Uuid>, String)> =
        s.db.fetch_all(Sql::new("SELECT id_hash, staff_id, state FROM daybook_sessions")).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].0.as_slice(), rows[0].1), (secret::hash(key.as_ref().as_bytes()).as_slice(), Some(s.staff)));
    assert!(!rows[0].2.contains(key.as_ref()));
    let other: SessionKey = secret::token().try_into().expect("an id");
    assert_eq!(s.load(&other).await, None);
}

#[tokio::test]
async fn without_use_it_ends_after_12_hours_and_with_use_after_7_days() {
    let s = setting().await;
    let unused = s.save().await;
    let used = s.save().await;
    for _ in 0..15 {
        s.clock.forward(Duration::hours(11));
        assert!(s.load(&used).await.is_some());
    }
    assert_eq!(s.load(&unused).await, None);
    s.clock.forward(LONGEST - Duration::hours(15 * 11));
    assert_eq!(s.load(&used).await, None);
    s.save().await;
    assert_eq!(s.count().await, 1, "those that ended are swept");
}

#[tokio::test]
async fn its_use_is_written_at_most_once_a_minute() {
    let s = setting().await;
    let key = s.save().await;
    let last = async || {
        let row: Option<(Timestamp,)> =
            s.db.fetch_optional(Sql::new("SELECT last_used_at FROM daybook_sessions")).await.expect("asked");
        row.expect("a row").0
    };
    let begun = last().await;
    s.clock.forward(Duration::seconds(59));
    assert!(s.load(&key).await.is_some());
    assert_eq!(last().await, begun);
    s.clock.forward(Duration::seconds(1));
    assert!(s.load(&key).await.is_some());
    assert_eq!(last().await, begun.plus(Duration::minutes(1)));
}

#[tokio::test]
async fn one_that_was_ended_stays_ended() {
    let s = setting().await;
    let key = s.save().await;
    s.store.delete(&key).await.expect("ended");
    let key = s.store.update(key, s.state(), &time::Duration::DAY).await.expect("answered");
    assert_eq!(s.load(&key).await, None);
    assert_eq!(s.count().await, 0);
}

#[tokio::test]
async fn switching_an_account_off_ends_its_sessions() {
    let s = setting().await;
    let key = s.save().await;
    let mut tx = s.db.write().await.expect("a transaction");
    accounts::set_disabled(&mut tx, s.staff, Some(s.clock.now())).await.expect("off");
    tx.commit().await.expect("committed");
    assert_eq!(s.load(&key).await, None);
}

#[tokio::test]
async fn an_account_has_so_many_sessions_and_no_more() {
    let s = setting().await;
    let first = s.save().await;
    s.clock.forward(Duration::seconds(1));
    for _ in 0..MOST {
        s.save().await;
    }
    assert_eq!(s.count().await, MOST);
    assert_eq!(s.load(&first).await, None, "the one not used for longest made room");
}

#[tokio::test]
async fn a_locked_database_does_not_keep_a_session_from_being_read() {
    let s = setting().await;
    let key = s.save().await;
    s.clock.forward(Duration::hours(1));
    let lock = s.db.write().await.expect("the lock");
    assert!(s.store.load(&key).await.expect("loaded").is_some());
    drop(lock);
}
