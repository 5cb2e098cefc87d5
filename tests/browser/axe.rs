//! axe-core on every page, in light and dark, wide and narrow; and no page that scrolls sideways. On one database, as a page
//! looks the same whichever it comes from.

use std::time::Duration;

use daybook::{
    core::role::Role,
    db::Budget,
    session::{accounts, tokens::Scope},
};
use uuid::Uuid;

use crate::{
    database_test,
    error_groups::gather,
    support::{
        Browser, Look, TestApp,
        api::make,
        app::{PASSWORD, Setup},
        story,
    },
};

/// Vendored: see `tests/axe/README.md`.
const AXE: &str = include_str!("../axe/axe.min.js");

const RUN: &str = r"
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run({ runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }).then(({ passes, violations }) =>
        done(passes.length < 15 ? ['axe looked at next to nothing'] : violations.flatMap(({ id, nodes }) =>
            nodes.map(({ target, failureSummary, html }) =>
                `${id} at ${target}\n    ${html.slice(0, 200)}\n    ${failureSummary.replace(/\n/g, '\n    ')}`))),
        (error) => done([`axe failed: ${error}`]));";

/// What sticks out of the window, by its beginning. What is cut off or scrolls in itself does not.
const WIDER: &str = r"
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const out = [...document.body.querySelectorAll('*')]
        .filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
    return ['the page scrolls sideways', ...out.slice(-3).map((element) => element.outerHTML.slice(0, 150))];";

/// On both sides of where the layout changes. At 390 and 1440 axe looks, in light and dark, as colours do not depend on the
/// width.
const WIDTHS: [(u32, u32); 12] = [
    (360, 740),
    (390, 844),
    (600, 900),
    (720, 450),
    (740, 900),
    (768, 1024),
    (800, 600),
    (820, 1180),
    (900, 600),
    (1000, 700),
    (1024, 768),
    (1440, 900),
];

/// Opens pages one after the other, each known by an element on it, and looks at each in many ways.
async fn check(browser: &Browser, pages: &[(String, &str)]) {
    let mut bad: Vec<String> = Vec::new();
    for (path, css) in pages {
        browser.goto(path).await;
        assert!(!browser.texts(css).await.is_empty(), "{path} has no {css}");
        bad.extend(problems(browser, path).await);
    }
    assert!(bad.is_empty(), "{} problems:\n{}", bad.len(), bad.join("\n"));
}

/// What is wrong with a page as it stands.
async fn problems(browser: &Browser, name: &str) -> Vec<String> {
    let list = |value| serde_json::from_value::<Vec<String>>(value).expect("texts");
    let mut bad = Vec::new();
    // A page may not load it by itself; WebDriver may.
    browser.js(AXE).await;
    for (width, height) in WIDTHS {
        browser.look(Look { width, height, ..Look::default() }).await;
        let mut found = list(browser.js(WIDER).await);
        if width == 390 || width == 1440 {
            found.extend(list(browser.js_done(RUN).await));
            browser.look(Look { width, height, dark: true, ..Look::default() }).await;
            found.extend(list(browser.js_done(RUN).await).into_iter().map(|problem| format!("in the dark, {problem}")));
        }
        bad.extend(found.into_iter().map(|problem| format!("{name}, {width} px: {problem}")));
    }
    bad
}

fn entry(id: Uuid) -> String {
    format!("/logs/{id}?range=24h")
}

database_test! {
    async fn lists_are_accessible(db: FileDb) {
        story::story(&db).await;
        let mut setup = Setup::default();
        setup.budgets.list = Budget { time: Duration::ZERO, step: 50, steps: 1 };
        let app = TestApp::with(db, setup).await;
        let email = app.account(Role::Support).await;
        let mut browser = Browser::open(&app).await;
        browser.expect("status of 400");
        browser.sign_in(&email).await;
        check(&browser, &[
            ("/logs?range=24h&limit=25".to_owned(), "#list"),
            (
                "/logs?range=custom&from=2026-06-18&to=2026-06-19&status=error&area=!members/*&q=booking".to_owned(),
                ".chip:nth-of-type(4)",
            ),
            ("/logs?range=1h&q=nowhere&status=warning".to_owned(), ".empty li"),
            ("/logs?range=24h&q=members".to_owned(), ".c-area mark"),
            (
                "/logs?range=custom&from=2026-06-19&to=2026-06-18&ip=1.2.3.400&member=x&q=%22".to_owned(),
                ".notice a + span",
            ),
            ("/logs?range=all&q=00+ag".to_owned(), ".tell"),
        ]).await;
        browser.finish().await;
    }

    async fn error_groups_are_accessible(db: FileDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        gather(&app.db).await;
        let email = app.account(Role::Support).await;
        let client = app.client();
        client.sign_in(&email, PASSWORD).await;
        let group = client.get(&format!("/logs/{}", story.error)).await.attribute(".seen a", "href").expect("a group");
        client.submit(&group, &[("state", "in_work"), ("note", "Offer to book it for them.")]).await;
        let hostile = client.get(&format!("/logs/{}", story.hostile)).await.attribute(".seen a", "href").expect("a group");
        let mut browser = Browser::open(&app).await;
        browser.expect("status of 400");
        browser.sign_in(&email).await;
        check(&browser, &[
            ("/errors".to_owned(), "#list .spark"),
            ("/errors?q=nowhere".to_owned(), ".empty li"),
            ("/errors?sort=x&state=y&q=a%00".to_owned(), ".notice a"),
            (group, "#write #emails"),
            (hostile, "#list"),
            (entry(story.error), ".seen .tag"),
        ]).await;
        browser.finish().await;
    }

    async fn entries_are_accessible(db: FileDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Support).await;
        let browser = Browser::open(&app).await;
        browser.sign_in(&email).await;
        check(&browser, &[
            (entry(story.error), ".error-box"),
            (entry(story.long_error), "#tb-text .fold"),
            (entry(story.long_entry), ".json"),
            (entry(story.hostile), ".error-box"),
            (entry(story.ahead), ".tag--in_work"),
        ]).await;
        browser.finish().await;
    }

    async fn members_and_settings_are_accessible(db: FileDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Support).await;
        let mut browser = Browser::open(&app).await;
        browser.expect("status of 404");
        browser.sign_in(&email).await;
        check(&browser, &[
            ("/members".to_owned(), ".people td .gone"),
            ("/members?q=nobody+at+all".to_owned(), ".empty"),
            (format!("/members/{}", story.hana), ".stats .status--error"),
            (format!("/members/{}?at=2026-06-18T14:00&tz=Asia/Kolkata", story.hana), ".visit[open] #nearest"),
            (format!("/members/{}", story.long_name), ".visit .trail"),
            ("/members/unfinished".to_owned(), ".empty"),
            (format!("/members/{}", story.quiet), ".empty"),
            (format!("/members/by-email?email={}", story::GONE), ".calm"),
            ("/find?q=e".to_owned(), ".found"),
            ("/find?q=nobody+at+all".to_owned(), ".tried"),
            ("/find".to_owned(), ".empty"),
            ("/account".to_owned(), "#a-zone"),
            ("/views".to_owned(), "h2"),
            ("/logs/overview?range=24h".to_owned(), "#hist rect"),
            ("/nowhere".to_owned(), ".lone"),
        ]).await;
        browser.finish().await;
    }

    async fn tokens_and_the_api_are_accessible(db: FileDb) {
        let app = TestApp::start(db).await;
        let email = app.account(Role::Admin).await;
        for (name, scope) in [("clubhouse-web", Scope::Ingest), ("a program with quite a long name, as long as may be", Scope::Read)] {
            make(&app, name, &email, &[scope]).await;
        }
        let browser = Browser::open(&app).await;
        check(&browser, &[("/api/docs".to_owned(), "#writeEntries")]).await;
        browser.sign_in(&email).await;
        app.account_named("a.rather.long.name.of.somebody@accounts.brackenfield.example", Role::Viewer).await;
        let other = accounts::by_email(&app.db.db, "a.rather.long.name.of.somebody@accounts.brackenfield.example");
        let other = other.await.expect("asked").expect("an account").id;
        check(&browser, &[
            ("/tokens".to_owned(), "td .title"),
            ("/api/docs#conflict".to_owned(), "#conflict"),
            ("/staff".to_owned(), "td .title"),
            (format!("/staff?edit={other}&done=role"), "#edit [role=status]"),
            ("/staff/activity".to_owned(), "#list"),
            ("/staff/activity?kind=import&range=1h".to_owned(), ".empty"),
            ("/staff/activity?kind=api&kind=login".to_owned(), "#list .c-action"),
        ]).await;
        browser.finish().await;
    }

    async fn what_others_meet_is_accessible(db: FileDb) {
        let app = TestApp::start(db).await;
        let mut browser = Browser::open(&app).await;
        browser.expect("status of 403");
        check(&browser, &[("/login".to_owned(), ".first-account")]).await;
        let email = app.account(Role::Viewer).await;
        check(&browser, &[("/login".to_owned(), "#email:focus")]).await;
        browser.sign_in(&email).await;
        check(&browser, &[("/logs".to_owned(), ".steps")]).await;
        let story = story::story(&app.db).await;
        check(&browser, &[
            (entry(story.error), ".calm"),
            (format!("/logs/{}/error_detail.txt", story.error), ".lone"),
            ("/logs?range=24h&limit=25".to_owned(), "#list"),
        ]).await;
        browser.finish().await;
    }

    async fn what_opens_is_accessible(db: FileDb) {
        let story = story::story(&db).await;
        let app = TestApp::start(db).await;
        let email = app.account(Role::Support).await;
        let browser = Browser::open(&app).await;
        browser.sign_in(&email).await;
        let mut bad = Vec::new();
        browser.goto("/logs?range=24h&limit=25&status=error").await;
        browser.wait("document.querySelector('#hist svg')").await;
        for open in [
            "document.querySelector('#save').open = true",
            "document.querySelectorAll('.export, .export details').forEach((details) => { details.open = true; })",
            "document.querySelector('#hist details').open = true",
            "document.querySelectorAll('.top details, .rail details').forEach((details) => { details.open = true; })",
            "document.querySelector('#keys').showPopover()",
        ] {
            browser.js(open).await;
            bad.extend(problems(&browser, open).await);
        }
        browser.resize(390, 844).await;
        let drawer = "document.querySelector('#rail').showPopover()";
        browser.js(drawer).await;
        bad.extend(problems(&browser, drawer).await);
        browser.goto(&entry(story.error)).await;
        browser.js("document.querySelector('main details').open = true").await;
        bad.extend(problems(&browser, "ticket").await);
        assert!(bad.is_empty(), "{} problems:\n{}", bad.len(), bad.join("\n"));
        browser.finish().await;
    }
}
