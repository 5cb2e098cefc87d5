//! Sessions in the database: found by their id, of which only a hash is kept, and ended by time, by their number and
//! with their account. And the key that their cookies are sealed with.

use std::{collections::HashMap, sync::Arc};

use actix_session::storage::{SessionKey, SessionStore as _};
use actix_web::cookie::time;
use chrono::Duration;
use daybook::{
    core::{
        role::Role,
        secret,
        time::{Clock as _, Timestamp},
    },
    db::Sql,
    session::{
        accounts, key,
        store::{LONGEST, MOST, Store},
    },
};
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        TestDb,
        app::{TestClock, add_account},
        sample, wait,
    },
};

const MAYA: &str = "maya@brackenfield.example";

/// What `actix_session` keeps in a session.
type State = HashMap<String, String>;

/// A store with an account, and a clock that is moved by hand.
struct Setting {
    store: Store,
    clock: Arc<TestClock>,
    staff: Uuid,
    db: TestDb,
}

impl Setting {
    async fn of(db: TestDb) -> Self {
        add_account(&db, MAYA, Role::Viewer, sample::now()).await;
        let staff = accounts::by_email(&db.db, MAYA).await.expect("asked").expect("there").id;
        let clock = Arc::new(TestClock::at(sample::now()));
        Self { store: Store::new(db.db.clone(), clock.clone()), clock, staff, db }
    }

    fn forward(&self, by: Duration) {
        self.clock.advance(by.num_seconds());
    }

    fn state(&self) -> State {
        HashMap::from([("staff".to_owned(), format!("\"{}\"", self.staff))])
    }

    async fn save(&self) -> SessionKey {
        self.store.save(self.state(), &time::Duration::DAY).await.expect("saved")
    }

    /// Loads it, and waits until that it was used is written down where it has to be: that happens beside the page.
    async fn load(&self, key: &SessionKey) -> Option<State> {
        let state = self.store.load(key).await.expect("loaded")?;
        let now = self.clock.now();
        wait::until("the use of a session is written down", async || {
            (now.since(self.last_used(key).await) < Duration::minutes(1)).then_some(())
        })
        .await;
        Some(state)
    }

    async fn last_used(&self, key: &SessionKey) -> Timestamp {
        let sql = Sql::new("SELECT last_used_at FROM daybook_sessions WHERE id_hash = ")
            .bind(secret::hash(key.as_ref().as_bytes()));
        self.db.db.fetch_optional::<(Timestamp,)>(sql).await.expect("asked").expect("a row").0
    }

    async fn count(&self) -> i64 {
        self.db.outside().await.number("SELECT count(*) FROM daybook_sessions").await
    }
}

database_test! {
    async fn a_session_is_found_by_its_id_and_only_a_hash_of_it_is_kept(db: TestDb) {
        let s = Setting::of(db).await;
        let key = s.save().await;
        assert_eq!(key.as_ref().len(), 43);
        assert_eq!(s.load(&key).await, Some(s.state()));
        let sql = Sql::new("SELECT id_hash, staff_id, state FROM daybook_sessions");
        let rows: Vec<(Vec<u8>, Option<Uuid>, String)> = s.db.db.fetch_all(sql).await.expect("rows");
        assert_eq!(rows.len(), 1);
        let hash = secret::hash(key.as_ref().as_bytes());
        assert_eq!((rows[0].0.as_slice(), rows[0].1), (hash.as_slice(), Some(s.staff)));
        assert!(!rows[0].2.contains(key.as_ref()));
        let other: SessionKey = secret::token().try_into().expect("an id");
        assert_eq!(s.load(&other).await, None);
    }

    async fn without_use_it_ends_after_12_hours_and_with_use_after_7_days(db: TestDb) {
        let s = Setting::of(db).await;
        let unused = s.save().await;
        let used = s.save().await;
        for _ in 0..15 {
            s.forward(Duration::hours(11));
            assert!(s.load(&used).await.is_some());
        }
        assert_eq!(s.load(&unused).await, None);
        s.forward(LONGEST - Duration::hours(15 * 11));
        assert_eq!(s.load(&used).await, None);
        s.save().await;
        assert_eq!(s.count().await, 1, "those that ended are swept");
    }

    async fn its_use_is_written_at_most_once_a_minute(db: TestDb) {
        let s = Setting::of(db).await;
        let key = s.save().await;
        let begun = s.last_used(&key).await;
        assert_eq!(begun, s.clock.now());
        s.forward(Duration::seconds(59));
        assert!(s.load(&key).await.is_some());
        // Nothing says that nothing will be written: what was begun gets the time that it needs.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(s.last_used(&key).await, begun);
        s.forward(Duration::seconds(1));
        assert!(s.load(&key).await.is_some());
        assert_eq!(s.last_used(&key).await, begun.plus(Duration::minutes(1)));
    }

    async fn one_that_was_ended_stays_ended(db: TestDb) {
        let s = Setting::of(db).await;
        let key = s.save().await;
        s.store.delete(&key).await.expect("ended");
        let key = s.store.update(key, s.state(), &time::Duration::DAY).await.expect("answered");
        assert_eq!(s.load(&key).await, None);
        assert_eq!(s.count().await, 0);
    }

    async fn switching_an_account_off_ends_its_sessions(db: TestDb) {
        let s = Setting::of(db).await;
        let key = s.save().await;
        let mut tx = s.db.db.write().await.expect("a transaction");
        accounts::set_disabled(&mut tx, s.staff, Some(s.clock.now())).await.expect("off");
        tx.commit().await.expect("committed");
        assert_eq!(s.load(&key).await, None);
    }

    async fn an_account_has_so_many_sessions_and_no_more(db: TestDb) {
        let s = Setting::of(db).await;
        let first = s.save().await;
        s.forward(Duration::seconds(1));
        for _ in 0..MOST {
            s.save().await;
        }
        assert_eq!(s.count().await, MOST);
        assert_eq!(s.load(&first).await, None, "the one not used for longest made room");
    }

    async fn a_locked_database_does_not_keep_a_session_from_being_read(db: TestDb) {
        let s = Setting::of(db).await;
        let key = s.save().await;
        s.forward(Duration::hours(1));
        let mut other = s.db.outside().await;
        other.lock("daybook_sessions").await;
        assert_eq!(s.store.load(&key).await.expect("loaded"), Some(s.state()));
        other.unlock().await;
        assert_eq!(s.load(&key).await, Some(s.state()));
    }

    async fn the_key_of_cookies_is_made_once_and_a_spoiled_one_is_named(db: TestDb) {
        let made = key::load_or_make(&db.db).await.expect("made");
        assert!(made == key::load_or_make(&db.db).await.expect("kept"));
        db.execute(Sql::new("UPDATE daybook_meta SET value = 'x' WHERE name = 'session_key'")).await;
        let error = key::load_or_make(&db.db).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("session_key"), "{error}");
    }
}
