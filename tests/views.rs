//! Saved views: a filter under a name, for oneself or for all staff, and only what a role may run.

use daybook::core::role::Role;
use reqwest::StatusCode;

use crate::{
    database_test,
    support::{Client, Page, TestApp, app::PASSWORD, sample},
};

/// The names of the views beside the list, in their order, without the way to all of them.
fn rail(page: &Page) -> Vec<String> {
    let mut names = page.texts("nav#views li");
    assert_eq!(names.pop().as_deref(), Some("All saved views"));
    names
}

/// The names on the page of views: one's own, shared by others, built in.
async fn listed(client: &Client) -> [Vec<String>; 3] {
    let page = client.get("/views").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let named = |label: &str| page.texts(&format!("table[aria-label^='{label}'] .title"));
    [named("Your views"), named("Views shared by others"), named("Built-in views")]
}

async fn save(client: &Client, name: &str, query: &str, shared: bool) {
    let mut fields = vec![("name", name), ("query", query)];
    if shared {
        fields.push(("shared", "1"));
    }
    let page = client.submit("/views", &fields).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/views"), "{name}: {}", page.text());
}

/// The address of a view by its name, as the page of whoever may change it has it.
async fn address(client: &Client, name: &str) -> String {
    let page = client.get("/views").await;
    let labels = page.attributes(".order button[value=up]", "aria-label");
    let forms = page.attributes(".order form", "action");
    let at = labels.iter().position(|label| *label == format!("Move up: {name}"));
    let at = at.unwrap_or_else(|| panic!("{name} is not there to change"));
    forms[at].trim_end_matches("/move").to_owned()
}

async fn someone(app: &TestApp, email: &str, role: Role) -> Client {
    app.account_named(email, role).await;
    let client = app.client();
    client.sign_in(email, PASSWORD).await;
    client
}

async fn app(db: crate::support::TestDb) -> TestApp {
    db.write(vec![sample::log(sample::minutes_ago(5)), sample::error(sample::minutes_ago(6))]).await;
    TestApp::start(db).await
}

const BUILT_IN: [&str; 2] = ["Errors, last 24 hours", "Refused sign-ins"];

database_test! {
    async fn two_views_come_with_the_product_for_every_role(db: TestDb) {
        let app = app(db).await;
        for role in Role::ALL {
            let client = app.signed_in(role).await;
            let list = client.get("/logs").await;
            assert_eq!(rail(&list), BUILT_IN, "{role}");
            let links = list.attributes("nav#views li a", "href");
            let wanted = ["/logs?range=24h&status=error", "/logs?range=7d&status=warning&action_type=login", "/views"];
            assert_eq!(links, wanted);
            assert_eq!(listed(&client).await[2], BUILT_IN, "{role}");
            assert_eq!(client.get(&links[0]).await.entries().len(), 1);
        }
    }

    async fn a_filter_is_saved_where_it_is_shown_and_stands_beside_the_list(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        let path = "/logs?status=error&area=members/*&range=7d";
        let list = client.get(path).await;
        let menu = "#results #save form[action='/views']";
        let field = |name: &str| list.attribute(&format!("{menu} input[name={name}]"), "value").expect(name);
        assert_eq!(field("query"), "range=7d&status=error&area=members/*");
        let (query, next) = (field("query"), field("next"));
        let token = field("csrf_token");
        let fields = [("csrf_token", &*token), ("query", &query), ("next", &next), ("name", " Mine ")];
        let saved = client.post("/views", &fields).await;
        assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, next.as_str()));
        assert_eq!(next, "/logs?range=7d&status=error&area=members/*");
        let list = client.get(saved.location()).await;
        assert_eq!(rail(&list), ["Mine", BUILT_IN[0], BUILT_IN[1]]);
        // That it was done is said once, and not by what swaps a part of a page.
        assert_eq!(list.texts("#said"), ["View saved."]);
        assert!(!client.get(saved.location()).await.has("#said"));
        client.submit("/account/zone", &[("zone", "Asia/Tokyo"), ("next", "/views")]).await;
        assert!(!client.htmx("/logs?range=7d").await.has("#said"));
        assert_eq!(client.get("/views").await.texts("#said"), ["The time zone is changed."]);
        assert_eq!(list.texts("nav#views a[aria-current=true]"), ["Mine"]);
        assert_eq!(list.attribute("nav#views a[aria-current]", "href").as_deref(), Some(next.as_str()));
        assert_eq!(listed(&client).await[0], ["Mine"]);
        let words = client.get("/views").await.texts("table[aria-label^='Your views'] small");
        assert_eq!(words, ["Errors under members/, last 7 days"]);
    }

    async fn of_two_who_save_one_name_at_once_one_is_told_that_it_is_taken(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        let token = client.token("/account").await;
        for round in 0..5 {
            let name = format!("Round {round}");
            let fields = [("csrf_token", token.as_str()), ("name", &name), ("query", "range=7d")];
            let saved = futures_util::future::join_all((0..4).map(|_| client.post("/views", &fields))).await;
            let refused = saved.iter().filter(|page| page.status == StatusCode::BAD_REQUEST).count();
            assert_eq!(refused, 3, "{:?}", saved.iter().map(|page| page.status).collect::<Vec<_>>());
            assert_eq!(listed(&client).await[0].len(), round + 1);
        }
    }

    async fn the_view_that_is_shown_is_marked_wherever_its_list_begins(db: TestDb) {
        let logs = (0..60).map(|at| sample::error(sample::minutes_ago(at))).collect();
        db.write(logs).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Viewer).await;
        let current = async |path: &str| client.get(path).await.texts("nav#views [aria-current]");
        let first = client.get("/logs?status=error").await;
        assert_eq!(first.texts("nav#views [aria-current]"), [BUILT_IN[0]]);
        assert_eq!(current(&first.rel("next").expect("a second page")).await, [BUILT_IN[0]]);
        assert_eq!(current("/logs?range=7d&action_type=login&status=warning").await, [BUILT_IN[1]]);
        for other in ["/logs", "/logs?range=1h&status=error", "/logs?status=error&q=x", "/logs?range=7d", "/logs?ip=x"] {
            assert_eq!(current(other).await, [""; 0], "{other}");
        }
        // Parameters in another order and instants in another zone are the same list.
        save(&client, "A morning", "from=2026-06-18T09:00&to=2026-06-18T12:00&status=warning&status=error", false).await;
        let same = "/logs?status=error&status=warning&from=2026-06-18T08:00:00Z&to=2026-06-18T13:45:00%2B02:45";
        assert_eq!(current(same).await, ["A morning"]);
    }

    async fn filtering_with_htmx_brings_the_views_along(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        save(&client, "Mine", "range=7d&status=error", false).await;
        for headers in [&[("HX-Request", "true")][..], &[("HX-Request", "true"), ("HX-Trigger", "filters")]] {
            let part = client.get_with("/logs?range=7d&status=error", headers).await;
            assert!(part.has("nav#views[hx-swap-oob=true]"), "{}", part.text());
            assert_eq!(part.texts("nav#views a[aria-current]"), ["Mine"]);
            let query = part.attribute("#results #save input[name=query]", "value");
            assert_eq!(query.as_deref(), Some("range=7d&status=error"));
            assert_eq!(part.texts("#save .menu-item"), ["Delete the view “Mine”"]);
            let token = part.attribute("#save input[name=csrf_token]", "value").expect("a token");
            let name = format!("View {}", headers.len());
            let saved = client.post("/views", &[("csrf_token", &token), ("name", &name), ("query", "range=1h")]).await;
            assert_eq!(saved.status, StatusCode::SEE_OTHER);
        }
        let bad = client.htmx("/logs?status=error&booking=x").await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        assert!(bad.has("nav#views[hx-swap-oob=true]") && !bad.has("nav#views [aria-current]") && !bad.has("#save"));
    }

    async fn a_view_is_ones_own_until_it_is_shared(db: TestDb) {
        let app = app(db).await;
        let (maya, lucy) = (app.signed_in(Role::Support).await, someone(&app, "lucy@example.org", Role::Viewer).await);
        save(&maya, "Private", "range=1h", false).await;
        save(&maya, "For all", "range=30d&area=members/*", true).await;
        assert_eq!(listed(&maya).await[..2], [vec!["Private".to_owned(), "For all".to_owned()], vec![]]);
        assert_eq!(listed(&lucy).await[..2], [vec![], vec!["For all".to_owned()]]);
        assert_eq!(rail(&lucy.get("/logs").await), [BUILT_IN[0], BUILT_IN[1], "For all"]);
        let page = lucy.get("/views").await;
        assert_eq!(page.texts("table[aria-label^='Views shared'] [data-l='Shared by']"), ["support@example.org"]);
        assert!(!lucy.get("/logs?range=30d&area=members/*").await.has("#save .menu-item"), "it is not theirs to delete");

        let path = address(&maya, "For all").await;
        let page = maya.submit(&path, &[("name", "For all")]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/views"));
        assert_eq!(listed(&lucy).await[1], [""; 0]);
        maya.submit(&address(&maya, "Private").await, &[("name", "Was private"), ("shared", "1")]).await;
        assert_eq!(listed(&lucy).await[1], ["Was private"]);
    }

    async fn a_shared_view_can_be_kept_as_ones_own(db: TestDb) {
        let app = app(db).await;
        let (maya, lucy) = (app.signed_in(Role::Support).await, someone(&app, "lucy@example.org", Role::Viewer).await);
        save(&maya, "Billing", "range=30d&area=members/billing/*", true).await;
        let page = lucy.get("/views").await;
        let copy = "table[aria-label^='Views shared'] form";
        let field = |name: &str| page.attribute(&format!("{copy} input[name={name}]"), "value").expect(name);
        lucy.submit("/views", &[("name", &field("name")), ("query", &field("query"))]).await;
        maya.submit(&format!("{}/delete", address(&maya, "Billing").await), &[]).await;
        assert_eq!(listed(&lucy).await[..2], [vec!["Billing".to_owned()], vec![]]);
        // A copy and what it is of stand beside the list once.
        save(&lucy, BUILT_IN[0], "range=24h&status=error", false).await;
        assert_eq!(rail(&lucy.get("/logs").await), ["Billing", BUILT_IN[0], BUILT_IN[1]]);
    }

    async fn a_role_is_shown_only_what_it_may_run(db: TestDb) {
        let app = app(db).await;
        let (maya, lucy) = (app.signed_in(Role::Support).await, someone(&app, "lucy@example.org", Role::Viewer).await);
        for (name, query) in [
            ("By address", "ip=203.0.113.0/24"),
            ("By browser", "user_agent=iphone&range=7d"),
            ("By extra", "extra.service_type=group_walk&range=7d"),
            ("By text", "q=dashboard&range=7d"),
        ] {
            save(&maya, name, query, true).await;
        }
        let admin = app.signed_in(Role::Admin).await;
        assert_eq!(listed(&admin).await[1], ["By address", "By browser", "By extra", "By text"]);
        assert_eq!(listed(&lucy).await[1], ["By text"]);
        let (views, list) = (lucy.get("/views").await.text(), lucy.get("/logs").await.text());
        for hidden in ["By address", "203.0.113", "iphone", "group_walk"] {
            assert!(!views.contains(hidden) && !list.contains(hidden), "a viewer sees {hidden}");
        }
        assert!(maya.get("/logs?ip=203.0.113.0/24").await.text().contains("shown to support and admins only"));
        for (at, query) in ["ip=203.0.113.0/24", "user_agent=x", "extra.service_type=group_walk"].iter().enumerate() {
            let page = lucy.submit("/views", &[("name", &format!("x{at}")), ("query", query)]).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
            assert!(page.texts("#v-query-e").concat().contains("Viewers cannot filter by this."), "{}", page.text());
        }
        assert_eq!(listed(&lucy).await[0], [""; 0]);

        // Whoever is made a viewer keeps what they saved, and may delete it, but cannot run it.
        let account = daybook::session::accounts::by_email(&app.db.db, "support@example.org").await;
        let mut tx = app.db.db.write().await.expect("a transaction");
        let id = account.expect("asked").expect("an account").id;
        daybook::session::accounts::set_role(&mut tx, id, Role::Viewer).await.expect("changed");
        tx.commit().await.expect("committed");
        assert_eq!(rail(&maya.get("/logs").await), ["By text", BUILT_IN[0], BUILT_IN[1]]);
        let page = maya.get("/views").await;
        assert_eq!(page.texts("table[aria-label^='Your views'] a.title"), ["By text"]);
        assert_eq!(page.texts("table[aria-label^='Your views'] .gone"), ["Your role cannot run it now"; 3]);
        maya.submit(&format!("{}/delete", address(&maya, "By address").await), &[]).await;
        assert_eq!(listed(&maya).await[0], ["By browser", "By extra", "By text"]);
    }

    async fn views_stand_in_their_owners_order(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Viewer).await;
        for (name, range) in [("One", "1h"), ("Two", "7d"), ("Three", "30d")] {
            save(&client, name, &format!("range={range}"), false).await;
        }
        let shift = async |name: &str, way: &str| {
            let page = client.submit(&format!("{}/move", address(&client, name).await), &[("move", way)]).await;
            assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/views"));
            listed(&client).await[0].join(" ")
        };
        assert_eq!(shift("Three", "up").await, "One Three Two");
        assert_eq!(shift("One", "down").await, "Three One Two");
        assert_eq!(shift("Three", "up").await, "Three One Two");
        assert_eq!(shift("Two", "down").await, "Three One Two");
        assert_eq!(rail(&client.get("/logs").await), ["Three", "One", "Two", BUILT_IN[0], BUILT_IN[1]]);
        let ends = client.get("/views").await.attributes(".order button[disabled]", "aria-label");
        assert_eq!(ends, ["Move up: Three", "Move down: Two"]);
        let path = address(&client, "One").await;
        for way in ["", "left", "UP"] {
            let page = client.submit(&format!("{path}/move"), &[("move", way)]).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{way}");
        }
    }

    async fn a_view_is_deleted_where_it_is_shown(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        save(&client, "Mine", "range=7d&status=error", true).await;
        let list = client.get("/logs?range=7d&status=error").await;
        let delete = "#save form[action$='/delete']";
        assert_eq!(list.texts(&format!("{delete} button")), ["Delete the view “Mine” for all staff"]);
        let action = list.attribute(delete, "action").expect("a form");
        let next = list.attribute(&format!("{delete} input[name=next]"), "value").expect("a way back");
        let page = client.submit(&action, &[("next", &next)]).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/logs?range=7d&status=error"));
        let list = client.get(page.location()).await;
        assert!(!list.has("#save .menu-item") && !list.has("nav#views [aria-current]"));
        assert_eq!(client.submit(&action, &[]).await.status, StatusCode::NOT_FOUND);
        // A number is not used again: what is open elsewhere cannot delete another view.
        save(&client, "Newer", "range=7d", false).await;
        assert_eq!(client.submit(&action, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(listed(&client).await[0], ["Newer"]);
    }

    async fn nobody_changes_what_is_not_theirs(db: TestDb) {
        let app = app(db).await;
        let maya = app.signed_in(Role::Support).await;
        save(&maya, "Private", "range=1h", false).await;
        save(&maya, "For all", "range=7d", true).await;
        let mine = [address(&maya, "Private").await, address(&maya, "For all").await];
        let forms = [("", vec![("name", "Taken"), ("shared", "1")]), ("/move", vec![("move", "down")]), ("/delete", vec![])];
        for email in ["lucy@example.org", "admin2@example.org"] {
            let role = if email.starts_with("admin") { Role::Admin } else { Role::Support };
            let other = someone(&app, email, role).await;
            for view in &mine {
                for (rest, fields) in &forms {
                    let page = other.submit(&format!("{view}{rest}"), fields).await;
                    assert_eq!(page.status, StatusCode::NOT_FOUND, "{role} {view}{rest}");
                    assert_eq!(page.texts("h1"), ["You have no view at this address"]);
                }
            }
        }
        assert_eq!(listed(&maya).await[0], ["Private", "For all"]);
        for id in ["0", "999", "-1", "x", "9223372036854775808", "1%00", "%ff", "1.0"] {
            let page = maya.submit(&format!("/views/{id}/delete"), &[]).await;
            assert!(page.status.is_client_error(), "{id}: {}", page.status);
        }
    }

    async fn only_an_admin_changes_what_came_with_the_product(db: TestDb) {
        let app = app(db).await;
        let admin = app.signed_in(Role::Admin).await;
        let [first, second] = [address(&admin, BUILT_IN[0]).await, address(&admin, BUILT_IN[1]).await];
        let lucy = someone(&app, "lucy@example.org", Role::Support).await;
        for (rest, fields) in [("", vec![("name", "Taken")]), ("/move", vec![("move", "down")]), ("/delete", vec![])] {
            let page = lucy.submit(&format!("{first}{rest}"), &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{rest}");
        }
        assert_eq!(listed(&lucy).await[2], BUILT_IN);
        assert!(!lucy.get("/views").await.has("table[aria-label='Built-in views'] .order"));
        admin.submit(&format!("{second}/move"), &[("move", "up")]).await;
        // They are shared whatever the form says.
        admin.submit(&first, &[("name", "Errors of a day")]).await;
        assert_eq!(listed(&lucy).await[2], ["Refused sign-ins", "Errors of a day"]);
        assert_eq!(rail(&lucy.get("/logs").await), ["Refused sign-ins", "Errors of a day"]);
        admin.submit(&format!("{second}/delete"), &[]).await;
        assert_eq!(listed(&lucy).await[2], ["Errors of a day"]);
    }

    async fn a_query_is_kept_as_daybook_writes_it(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        for (at, (query, canonical)) in [
            ("", "range=24h"),
            ("status=error&utm_source=x&page=3", "range=24h&status=error"),
            ("member=HANA@Example.org", "range=all&member=hana@example.org"),
            ("from=2026-06-18T14:00", "range=custom&from=2026-06-18T14:00:00%2B01:00"),
            ("from=2026-06-18&to=2026-06-18&tz=Asia/Kathmandu", "range=custom&from=2026-06-18T00:00:00%2B05:45&to=2026-06-19T00:00:00%2B05:45&tz=Asia/Kathmandu"),
            ("range=7d&action_type=%5C!odd&action_type=!login", "range=7d&action_type=%5C!odd&action_type=!login"),
        ]
        .into_iter()
        .enumerate()
        {
            save(&client, &format!("View {at}"), query, false).await;
            let kept = app.db.outside().await.texts("SELECT query FROM daybook_views ORDER BY id DESC LIMIT 1").await;
            assert_eq!(kept, [canonical], "{query}");
        }
        // A preset stays relative: tomorrow it is another day.
        save(&client, "A day", "range=24h", false).await;
        app.clock.advance(86_400 * 3);
        client.sign_in("support@example.org", PASSWORD).await;
        let href = client.get("/logs").await.attributes("nav#views a[aria-current]", "href");
        assert!(href.contains(&"/logs?range=24h".to_owned()), "{href:?}");
    }

    async fn a_name_tells_one_view_of_its_owner_from_another(db: TestDb) {
        let app = app(db).await;
        let (client, other) = (someone(&app, "a@example.org", Role::Viewer).await, app.signed_in(Role::Support).await);
        save(&client, "Mine", "range=1h", true).await;
        save(&other, "Mine", "range=1h", false).await;
        let twice = client.submit("/views", &[("name", " Mine "), ("query", "range=7d"), ("shared", "1")]).await;
        assert_eq!(twice.status, StatusCode::BAD_REQUEST);
        assert_eq!(twice.attribute("#v-name", "aria-describedby").as_deref(), Some("v-name-e"));
        assert!(twice.texts("#v-name-e")[0].contains("has that name"), "{:?}", twice.texts("#v-name-e"));
        assert_eq!(twice.attribute("#v-name", "value").as_deref(), Some(" Mine "));
        save(&client, "Yours", "range=7d", false).await;
        let yours = address(&client, "Yours").await;
        let renamed = client.submit(&yours, &[("name", "Mine")]).await;
        assert_eq!(renamed.status, StatusCode::BAD_REQUEST);
        assert!(renamed.texts("main [open] .field-error")[0].contains("has that name"));
        let same = client.submit(&yours, &[("name", "Yours"), ("shared", "1")]).await;
        assert_eq!(same.status, StatusCode::SEE_OTHER, "its own name is no other's");
        assert_eq!(listed(&client).await[0], ["Mine", "Yours"]);
    }

    async fn what_cannot_be_saved_comes_back_as_it_was_typed(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        let long = "é".repeat(61);
        for (name, query, bad) in [
            ("", "range=1h", vec!["v-name"]),
            ("   ", "range=1h", vec!["v-name"]),
            (&long, "range=1h", vec!["v-name"]),
            ("\u{200b}", "range=1h", vec!["v-name"]),
            ("a\nb", "range=1h", vec!["v-name"]),
            ("x", "range=2h", vec!["v-query"]),
            ("x", "status=%ff", vec!["v-query"]),
            ("x", "q=a%00", vec!["v-query"]),
            ("x", "from=2026-06-31&range=custom", vec!["v-query"]),
            ("", "ip=999", vec!["v-name", "v-query"]),
        ] {
            let fields = [("name", name), ("query", query), ("shared", "1"), ("next", "/logs?range=1h")];
            let page = client.submit("/views", &fields).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name:?} {query}");
            let invalid: Vec<String> = page.attributes("main [aria-invalid=true]", "id");
            assert_eq!(invalid, bad, "{name:?} {query}");
            for id in bad {
                assert_eq!(page.attribute(&format!("#{id}"), "aria-describedby"), Some(format!("{id}-e")));
                assert!(page.has(&format!("#{id}-e")) && page.has(&format!(".notice a[href='#{id}']")));
            }
            let value = |name: &str| page.attribute(&format!("form.stack input[name={name}]"), "value");
            assert_eq!(value("query").as_deref(), Some(query));
            assert_eq!(value("next").as_deref(), Some("/logs?range=1h"));
            assert!(page.has("form.stack input[name=shared][checked]"));
        }
        for body in ["name=%ff&query=range%3D1h", "name=x&query=%ff", "name=a%00b&query=", "query=range%3D1h"] {
            let body = format!("csrf_token={}&{body}", client.token("/account").await);
            let kind = [("content-type", "application/x-www-form-urlencoded")];
            let page = client.send(reqwest::Method::POST, "/views", &kind, Some(body.clone().into_bytes())).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{body}");
        }
        assert_eq!(listed(&client).await[0], [""; 0]);

        save(&client, "Mine", "range=1h", true).await;
        let view = address(&client, "Mine").await;
        let page = client.submit(&view, &[("name", &long)]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        let id = page.attribute("details[open] input[aria-invalid]", "id").expect("an open form");
        assert_eq!(page.attribute(&format!("#{id}"), "value"), Some(long));
        assert_eq!(page.attribute(&format!("#{id}"), "aria-describedby"), Some(format!("{id}-e")));
        assert!(!page.has("details[open] input[name=shared][checked]"), "what was typed is kept");
        assert_eq!(listed(&client).await[0], ["Mine"]);
    }

    async fn an_account_has_so_many_views_and_no_more(db: TestDb) {
        let app = app(db).await;
        let (maya, lucy) = (app.signed_in(Role::Support).await, someone(&app, "lucy@example.org", Role::Viewer).await);
        for at in 1..=50 {
            save(&maya, &format!("View {at}"), "range=1h", true).await;
        }
        let page = maya.submit("/views", &[("name", "One more"), ("query", "range=1h"), ("next", "/logs?range=1h")]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.texts(".notice").concat().contains("you have 50"), "{}", page.text());
        assert_eq!(page.attribute(".notice a", "href").as_deref(), Some("/logs?range=1h"));
        assert_eq!(listed(&maya).await[0].len(), 50);
        assert_eq!(rail(&maya.get("/logs").await).len(), 52);
        assert_eq!(listed(&lucy).await[1].len(), 50);
        assert_eq!(rail(&lucy.get("/logs").await).len(), 20, "what others share does not push the filters away");
        save(&lucy, "Hers", "range=1h", false).await;
        maya.submit(&format!("{}/delete", address(&maya, "View 7").await), &[]).await;
        save(&maya, "One more", "range=1h", false).await;
    }

    async fn a_name_does_nothing_but_stand_there(db: TestDb) {
        let app = app(db).await;
        let (maya, admin) = (app.signed_in(Role::Support).await, app.signed_in(Role::Admin).await);
        for name in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "\u{202e}drawkcab", "{{ 7*7 }}", "'; DROP TABLE daybook_views; --"] {
            save(&maya, name, "range=1h&q=%3Cscript%3Ealert(2)%3C/script%3E", true).await;
            for client in [&maya, &admin] {
                let views = client.get("/views").await;
                let list = client.get("/logs?range=1h&q=%3Cscript%3Ealert(2)%3C/script%3E").await;
                for page in [&views, &list] {
                    assert!(!page.has("main img") && !page.has("nav img"), "{name}");
                    let scripts = page.texts("script").concat();
                    assert!(!scripts.contains("alert"), "{name}: {scripts}");
                }
                assert!(views.texts(".title bdi[hx-disable]").contains(&name.to_owned()), "{name}");
                assert!(list.texts("nav#views bdi[hx-disable]").contains(&name.to_owned()), "{name}");
            }
        }
        // And however the way back is spelt, it stays here.
        for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
            let page = maya.submit("/views", &[("name", next), ("query", ""), ("next", next)]).await;
            assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/logs"), "{next}");
        }
    }

    async fn what_is_done_to_views_is_recorded(db: TestDb) {
        let app = app(db).await;
        let client = app.signed_in(Role::Support).await;
        save(&client, "Mine", "status=error", true).await;
        save(&client, "Other", "range=1h", false).await;
        let view = address(&client, "Mine").await;
        client.submit(&view, &[("name", "Renamed")]).await;
        client.submit(&view, &[("name", "Renamed")]).await;
        client.submit(&format!("{view}/move"), &[("move", "up")]).await;
        client.submit(&format!("{view}/move"), &[("move", "down")]).await;
        client.submit(&format!("{view}/delete"), &[]).await;
        app.staff_log.flush().await;
        let lines = "SELECT kind || ': ' || subject || ': ' || detail FROM daybook_staff_log
                     WHERE kind LIKE 'view_%' AND staff_email = 'support@example.org' ORDER BY seq";
        assert_eq!(app.db.outside().await.texts(lines).await, [
            "view_saved: Mine: range=24h&status=error (shared with all staff)",
            "view_saved: Other: range=1h",
            "view_changed: Mine: now named “Renamed”, no longer shared",
            "view_changed: Renamed: moved down",
            "view_deleted: Renamed: range=24h&status=error",
        ]);
    }
}
