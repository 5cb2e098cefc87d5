//! Staff accounts in the database: found by their e-mail, made once, and everything that is set is kept.

use daybook::{
    core::{role::Role, time::Timestamp},
    db::Db,
    session::accounts::{self, Account, NewAccount},
    web::shell::Theme,
};

use crate::{database_test, support::sample};

fn account(email: &str, role: Role, password_hash: &str) -> NewAccount {
    NewAccount { email: email.into(), name: None, role, password_hash: password_hash.into() }
}

/// The account, committed, as it is read again.
async fn added(db: &Db, new: &NewAccount) -> Account {
    let mut tx = db.write().await.expect("a transaction");
    let id = accounts::add(&mut tx, new, sample::now()).await.expect("inserted").expect("new");
    tx.commit().await.expect("committed");
    accounts::by_id(db, id).await.expect("found").expect("there")
}

database_test! {
    async fn an_account_is_found_by_its_e_mail_in_any_case_and_made_once(db: TestDb) {
        let db = &db.db;
        assert!(!accounts::any_exist(db).await.expect("asked"));
        let maya = added(db, &account("Maya.Osei@Brackenfield.example", Role::Support, "$hash")).await;
        assert!(accounts::any_exist(db).await.expect("asked"));
        let found = accounts::by_email(db, "maya.osei@brackenfield.EXAMPLE").await.expect("asked");
        assert_eq!(found.as_ref(), Some(&maya));
        assert_eq!(accounts::by_email(db, "maya").await.expect("asked"), None);
        let again = account("maya.osei@brackenfield.example", Role::Admin, "");
        let mut tx = db.write().await.expect("a transaction");
        assert_eq!(accounts::add(&mut tx, &again, Timestamp::MIN).await.expect("asked"), None);
    }

    async fn every_setting_is_kept(db: TestDb) {
        let db = &db.db;
        let before = added(db, &account("maya@brackenfield.example", Role::Viewer, "$old")).await;
        assert_eq!(before.created_at, sample::now());
        let other = added(db, &account("d.petrov@brackenfield.example", Role::Admin, "$other")).await;
        let off = Timestamp::from_micros(7);
        let mut tx = db.write().await.expect("a transaction");
        accounts::set_role(&mut tx, before.id, Role::Admin).await.expect("role");
        accounts::set_password(&mut tx, before.id, "$new").await.expect("password");
        accounts::set_zone(&mut tx, before.id, Some(chrono_tz::Europe::London)).await.expect("zone");
        accounts::set_theme(&mut tx, before.id, Theme::Dark).await.expect("theme");
        accounts::set_disabled(&mut tx, before.id, Some(off)).await.expect("off");
        tx.commit().await.expect("committed");
        let after = accounts::by_id(db, before.id).await.expect("asked").expect("there");
        let expected = Account {
            role: Role::Admin,
            password_hash: "$new".into(),
            zone: Some(chrono_tz::Europe::London),
            theme: Theme::Dark,
            disabled_at: Some(off),
            ..before.clone()
        };
        assert_eq!(after, expected);
        assert_ne!(after.stamp(), before.stamp());
        assert_eq!(accounts::list(db).await.expect("asked"), [other, after]);
    }
}
