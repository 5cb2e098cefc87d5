//! What staff say of a group, sent as a browser sends it: the whole form, each field as it stood when the page was drawn.
//! What was not changed is not said again, and what somebody else said meanwhile is not lost.

use daybook::{core::role::Role, db::Sql, logs::log::NewLog};
use reqwest::StatusCode;
use scraper::Selector;

use crate::{
    database_test,
    error_groups::{failure, gather, link, state_of, support},
    support::{Client, Page},
};

/// Every field that a browser sends of the form about a group as it stands on a page.
fn fields(page: &Page) -> Vec<(String, String)> {
    let html = page.html();
    let controls = Selector::parse(".facts form input, .facts form textarea").expect("a selector");
    html.select(&controls)
        .filter_map(|control| {
            let name = control.attr("name")?.to_owned();
            if control.value().name() == "textarea" {
                return Some((name, control.text().collect::<String>().replace('\n', "\r\n")));
            }
            let counts = control.attr("type") != Some("radio") || control.attr("checked").is_some();
            counts.then(|| (name, control.attr("value").unwrap_or_default().to_owned()))
        })
        .collect()
}

/// Sends the form of a page that is open, with some fields changed.
async fn send(client: &Client, path: &str, open: &Page, changed: &[(&str, &str)]) -> Page {
    let mut all = fields(open);
    for (name, value) in changed {
        all.retain(|(had, _)| had != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.post(path, &all).await
}

fn note(page: &Page) -> String {
    page.texts("#note").concat()
}

fn chosen(page: &Page) -> Vec<String> {
    page.attributes("[name=state][checked]", "value")
}

/// An error that came to be, and somebody of support.
fn error() -> NewLog {
    failure("SlotTaken", 600)
}

database_test! {
    async fn a_note_saved_from_an_open_page_leaves_the_state_to_what_came_meanwhile(db: TestDb) {
        db.write(vec![error()]).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let path = link(&error());
        let open = client.get(&path).await;
        assert_eq!(send(&client, &path, &open, &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &error()).await, "resolved");
        let open = client.get(&path).await;
        app.db.write(vec![failure("SlotTaken", -60)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &error()).await, "came_back");
        assert_eq!(send(&client, &path, &open, &[("note", "Solo walks work.\r\nOffer one.")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &error()).await, "came_back", "the note alone was changed");
        // A page on which it came back has no state chosen, and a note saved there says none either.
        let open = client.get(&path).await;
        assert_eq!((chosen(&open), note(&open)), (Vec::new(), "Solo walks work. Offer one.".to_owned()));
        assert_eq!(send(&client, &path, &open, &[("note", "Solo walks work.")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &error()).await, "came_back");
        let open = client.get(&path).await;
        assert_eq!(send(&client, &path, &open, &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &error()).await, "resolved");
    }

    async fn a_resolved_one_comes_back_though_one_is_dated_far_ahead(db: TestDb) {
        let ahead = |hours: i64| failure("SlotTaken", -3_600 * hours);
        db.write(vec![error(), ahead(24 * 365), ahead(2)]).await;
        let (app, client) = support(db).await;
        gather(&app.db).await;
        let path = link(&error());
        let resolve = async || {
            let open = client.get(&path).await;
            assert_eq!(send(&client, &path, &open, &[("state", "resolved")]).await.status, StatusCode::SEE_OTHER);
            assert_eq!(state_of(&app.db, &error()).await, "resolved", "what was there already does not bring it back");
        };
        resolve().await;
        // What happened before, and came only now.
        app.db.write(vec![failure("SlotTaken", 300)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &error()).await, "resolved");
        app.db.write(vec![failure("SlotTaken", -60)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &error()).await, "came_back");
        resolve().await;
        // Made anew, it stands as it stood.
        app.db.execute(Sql::new("UPDATE daybook_error_progress SET rule = 0")).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &error()).await, "resolved");
        app.db.write(vec![ahead(3)]).await;
        gather(&app.db).await;
        assert_eq!(state_of(&app.db, &error()).await, "came_back");
    }

    async fn what_a_colleague_said_meanwhile_is_shown_and_not_overwritten(db: TestDb) {
        db.write(vec![error()]).await;
        let (app, client) = support(db).await;
        let colleague = app.signed_in(Role::Admin).await;
        gather(&app.db).await;
        let path = link(&error());
        let open = client.get(&path).await;
        let theirs = colleague.get(&path).await;
        assert_eq!(send(&colleague, &path, &theirs, &[("state", "in_work"), ("note", "Offer a solo walk.")]).await.status, StatusCode::SEE_OTHER);
        // A field that was not changed takes nothing back.
        let untouched = send(&client, &path, &open, &[]).await;
        assert_eq!(untouched.status, StatusCode::SEE_OTHER);
        assert_eq!(state_of(&app.db, &error()).await, "in_work");
        // One that was changed is refused where it is another by now, and nothing of it is kept.
        let page = send(&client, &path, &open, &[("state", "resolved"), ("note", "Nothing to do.")]).await;
        assert_eq!(page.status, StatusCode::CONFLICT);
        assert_eq!((chosen(&page), note(&page)), (vec!["resolved".to_owned()], "Nothing to do.".to_owned()), "what was typed is kept");
        let said = page.texts(".facts").concat();
        for shown in ["It is “In work” by now", "said by admin@example.org", "By now it says:", "Offer a solo walk."] {
            assert!(said.contains(shown), "{shown}: {said}");
        }
        let now = client.get(&path).await;
        assert_eq!((chosen(&now), note(&now)), (vec!["in_work".to_owned()], "Offer a solo walk.".to_owned()));
        // Only the note: the state chosen is the one that it has by now.
        let page = send(&client, &path, &open, &[("note", "Nothing to do.")]).await;
        assert_eq!((page.status, chosen(&page)), (StatusCode::CONFLICT, vec!["in_work".to_owned()]));
        // Seen and saved again, it is said.
        assert_eq!(send(&client, &path, &page, &[]).await.status, StatusCode::SEE_OTHER);
        let now = client.get(&path).await;
        assert_eq!((chosen(&now), note(&now)), (vec!["in_work".to_owned()], "Nothing to do.".to_owned()));
        // What both say is said once.
        assert_eq!(send(&client, &path, &open, &[("state", "in_work")]).await.status, StatusCode::SEE_OTHER);
        app.staff_log.flush().await;
        let records = colleague.get("/staff/activity?range=all&kind=error_group").await;
        let changes = records.texts("#list .c-what").into_iter().filter(|said| said.starts_with("Changed")).count();
        assert_eq!(changes, 2);
    }

    async fn a_form_that_could_not_be_read_still_knows_what_it_was_drawn_for(db: TestDb) {
        db.write(vec![error()]).await;
        let (app, client) = support(db).await;
        let colleague = app.signed_in(Role::Admin).await;
        gather(&app.db).await;
        let path = link(&error());
        let open = client.get(&path).await;
        colleague.submit(&path, &[("state", "in_work"), ("note", "Offer a solo walk.")]).await;
        let long = "é".repeat(2_001);
        let refused = send(&client, &path, &open, &[("note", &long)]).await;
        assert_eq!((refused.status, chosen(&refused)), (StatusCode::BAD_REQUEST, vec!["new".to_owned()]));
        let page = send(&client, &path, &refused, &[("note", "short")]).await;
        assert_eq!((page.status, chosen(&page)), (StatusCode::CONFLICT, vec!["in_work".to_owned()]));
        assert_eq!(state_of(&app.db, &error()).await, "in_work");
    }
}
