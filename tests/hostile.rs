//! Nothing a stranger wrote into a log, or puts into an address, does anything on a page: it stands there as text.

use std::collections::BTreeSet;

use daybook::{
    core::{query_string::escape, role::Role},
    logs::log::{NewBooking, NewLog, NewMember},
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    database_test,
    support::{
        Client, Page, Places, TestApp, TestDb,
        harmless::{self, EVIL},
        raw::raw,
        reference::NAMES,
        sample,
    },
};

/// Texts that would do something in some place of a page. Each has the word that no element or attribute may hold.
const TEXTS: [&str; 16] = [
    r#""'><x-evil onx-evil=1 hx-get=//evil.example href=javascript:evil>&lt;b&gt;&amp;amp;</x-evil>"#,
    "<script>evil()</script><img src=x onerror=evil()>",
    "</title></textarea></pre></script></style></template><x-evil>",
    "--><x-evil><!-- evil",
    r#"" autofocus onfocus="evil()" hx-on:load="evil()" hx-get="/evil" hx-trigger="load" x=""#,
    r"' onmouseover='evil()' hx-vals='js:{a:evil()}' style='x:evil",
    "javascript:evil()",
    "//evil.example/x",
    "https://evil.example/?a=b&c=d#e",
    "data:text/html,<x-evil>",
    "{{ 7*7 }} {% evil %} ${evil} #{evil}",
    "a\u{202e}live\u{202c} \u{200f}evil\u{2066}",
    "evil\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m",
    "evil\r\nX-Evil: 1\r\n\r\n<x-evil>",
    "\\\"evil\\' \\x3cx-evil\\x3e \u{ff1c}x-evil\u{ff1e}",
    "&lt;x-evil&gt; &#60;x-evil&#62; &quot;evil&quot; %3Cx-evil%3E",
];

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

fn json(text: &str) -> String {
    serde_json::json!({ text: text, "service_type": text, "list": [text, { text: 1 }] }).to_string()
}

/// An entry with a text in every column, and whom and what it is about.
fn entry(text: &str, minutes: i64) -> (NewMember, NewBooking, NewLog) {
    let member = NewMember {
        id: Uuid::new_v4(),
        name: Some(text.to_owned()),
        email: Some(cut(&format!("{minutes}{text}@b"), 255)),
    };
    let booking = NewBooking { id: Uuid::new_v4(), member_id: Some(member.id), service_type: Some(cut(text, 64)) };
    let log = NewLog {
        id: Uuid::new_v4(),
        timestamp: sample::minutes_ago(minutes),
        member_id: Some(member.id),
        member_email: Some(format!("{text}@evil.example")),
        action_type: cut(text, 64),
        area: text.to_owned(),
        description: text.to_owned(),
        status: cut(text, 16),
        booking_id: Some(booking.id),
        error_message: Some(text.to_owned()),
        error_detail: Some(format!(
            "Traceback (most recent call last):\n  File \"{text}\", line 1, in {text}\n    {text}\n  \
             File \"/a/site-packages/{text}.py\", line 2, in x\n    y\n{text}: {text}"
        )),
        ip_address: Some(cut(&format!("203.0.113.9 {text}"), 64)),
        user_agent: Some(format!("Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0 {text}")),
        extra: Some(json(text)),
    };
    (member, booking, log)
}

/// A log of nothing else: with a member, without one, and as an error.
async fn written(db: &TestDb) -> Vec<Places> {
    let mut out = Vec::new();
    for (at, text) in (0..).zip(TEXTS) {
        let (member, booking, log) = entry(text, 3 * at + 3);
        let gone =
            NewLog { id: Uuid::new_v4(), member_id: None, timestamp: sample::minutes_ago(3 * at + 4), ..log.clone() };
        let failed = NewLog {
            id: Uuid::new_v4(),
            action_type: "error".to_owned(),
            status: "error".to_owned(),
            timestamp: sample::minutes_ago(3 * at + 5),
            ..log.clone()
        };
        out.push(Places::write_these(db, member, booking, log).await);
        db.write(vec![gone, failed]).await;
    }
    out
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The page as a reader sees it.
fn reads(page: &Page) -> String {
    page.texts("body").concat()
}

/// Opens an address as a page and as htmx does: both must do nothing but what their templates say.
async fn open(client: &Client, path: &str) -> Page {
    let (page, fragment) = (client.get(path).await, client.htmx(path).await);
    for answer in [&page, &fragment] {
        if answer.header("content-type").is_none_or(|kind| kind.starts_with("text/html")) {
            harmless::check(&answer.html(), path);
        } else {
            assert_eq!(
                answer.header("content-disposition").map(|how| how.starts_with("attachment")),
                Some(true),
                "{path}"
            );
        }
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
        for (name, value) in &answer.headers {
            assert!(!name.as_str().contains(EVIL), "{path}: {name}");
            if ["location", "hx-push-url", "hx-redirect"].contains(&name.as_str()) {
                let value = value.to_str().expect("text");
                assert!(value.starts_with('/') && !value.starts_with("//"), "{path}: {name}: {value}");
            }
        }
    }
    page
}

database_test! {
    async fn an_entry_shows_every_column_as_the_text_it_is(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (at, (text, places)) in (0..).zip(TEXTS.iter().zip(&places)) {
            let (member, _, log) = entry(text, 3 * at + 3);
            let page = open(&client, &format!("/logs/{}", places.entry)).await;
            let read = reads(&page);
            let email = format!("{text}@evil.example");
            for shown in [
                &log.description,
                &log.area,
                &log.status,
                &log.action_type,
                member.name.as_ref().expect("a name"),
                &email,
                log.error_message.as_ref().expect("a message"),
                log.ip_address.as_ref().expect("an address"),
                log.user_agent.as_ref().expect("a browser"),
            ] {
                assert!(read.contains(&folded(shown)), "{shown:?} does not stand on its page: {read}");
            }
            let traceback = page.texts("#tb-text").concat();
            assert!(traceback.contains(&folded(text)), "{text:?}: {traceback}");
            let extra = page.html();
            let pre = scraper::Selector::parse("pre.json").expect("a selector");
            let extra: String = extra.select(&pre).next().expect("extra data").text().collect();
            let extra: serde_json::Value = serde_json::from_str(&extra).unwrap_or_else(|why| panic!("{why}: {extra}"));
            assert_eq!(extra, serde_json::from_str::<serde_json::Value>(&json(text)).expect("JSON"));
        }
    }

    async fn the_lists_show_it_as_text_and_isolate_its_direction(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        for role in [Role::Viewer, Role::Support] {
            let client = app.signed_in(role).await;
            let list = open(&client, "/logs?range=all&limit=200").await;
            assert_eq!(list.entries().len(), TEXTS.len() * 3);
            for text in TEXTS {
                for column in [".c-what a bdi", ".c-area bdi", ".c-member a bdi"] {
                    assert!(list.texts(column).contains(&folded(text)), "{role}: {column} is not {text:?}");
                }
                assert!(list.texts(".c-action bdi").contains(&folded(&cut(text, 64))), "{role}: {text:?}");
                assert!(list.texts(".c-status bdi").contains(&folded(&cut(text, 16))), "{role}: {text:?}");
                assert_eq!(list.texts(".err-line bdi").is_empty(), role == Role::Viewer);
            }
            let members = open(&client, "/members").await;
            for (text, places) in TEXTS.iter().zip(&places) {
                assert!(members.texts("td bdi").contains(&folded(text)), "{role}: {text:?}");
                let member = open(&client, &format!("/members/{}", places.member)).await;
                assert_eq!(member.texts("h1 bdi"), [folded(text)], "{role}");
                let email = format!("{text}@evil.example");
                let gone = open(&client, &format!("/members/by-email?email={}", escape(&email))).await;
                assert_eq!(gone.texts("h1 bdi"), [folded(&email)], "{role}");
            }
        }
    }

    async fn every_link_that_came_of_it_leads_to_a_page_that_does_nothing_either(db: TestDb) {
        written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut next = vec!["/logs?range=all&limit=200".to_owned(), "/members".to_owned()];
        for _ in 0..2 {
            let mut found = BTreeSet::new();
            for path in next {
                let page = open(&client, &path).await;
                assert!(page.status.is_success() || page.status.is_redirection(), "{path}: {}", page.status);
                let links = page.attributes("a[href]", "href").into_iter().chain(page.attributes("[hx-get]", "hx-get"));
                found.extend(links.filter(|link| !link.starts_with('#') && !seen.contains(link)));
                seen.insert(path);
            }
            next = found.into_iter().filter(|link| !seen.contains(link)).collect();
        }
        // Of what is two steps away, a part is as good as all of it.
        for path in next.iter().step_by(next.len() / 100 + 1) {
            open(&client, path).await;
        }
        assert!(seen.len() > 100 && next.len() > 100, "{} and {}", seen.len(), next.len());
    }

    async fn what_is_typed_into_an_address_does_nothing(db: TestDb) {
        written(&db).await;
        let app = TestApp::start(db).await;
        let clients = [app.signed_in(Role::Support).await, app.signed_in(Role::Viewer).await];
        for text in TEXTS {
            let typed = escape(text);
            let mut paths = vec![
                format!("/members?q={typed}"),
                format!("/members/by-email?email={typed}"),
                format!("/members/{typed}"),
                format!("/logs/{typed}"),
                format!("/logs/{typed}/error_detail.txt"),
                format!("/static/{typed}"),
                format!("/{typed}"),
                format!("/account?done={typed}&tz={typed}"),
                format!("/login?next={typed}&email={typed}"),
                format!("/logs?range=all&extra.{typed}={typed}"),
                format!("/logs?{typed}={typed}"),
                format!("/logs?range=custom&from={typed}&to={typed}&tz={typed}&limit={typed}"),
            ];
            for name in NAMES.into_iter().chain(["extra.x", "since"]) {
                let not = if name == "area" { "!" } else { "" };
                paths.push(format!("/logs?range=all&{name}={not}{typed}&q=x"));
            }
            for (at, path) in paths.iter().enumerate() {
                open(&clients[at % 2], path).await;
            }
            let found = clients[0].get(&format!("/logs?range=all&q=%22{}%22", typed.replace("%22", ""))).await;
            assert!([200, 400].contains(&found.status.as_u16()), "{text:?}");
        }
    }

    async fn what_is_typed_into_a_form_or_a_header_does_nothing(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for text in TEXTS {
            let zone = client.submit("/account/zone", &[("zone", text), ("next", text)]).await;
            assert_eq!(zone.status, StatusCode::BAD_REQUEST);
            harmless::check(&zone.html(), "/account/zone");
            let theme = client.submit("/account/theme", &[("theme", "dark"), ("next", text)]).await;
            assert_eq!(theme.location(), "/logs", "{text:?}");
            let visitor = app.client();
            let refused = visitor.try_sign_in(text, text).await;
            harmless::check(&refused.html(), "/login");
            assert_eq!(refused.attribute("input[name=email]", "value").map(|email| folded(&email)), Some(folded(text)));
            if reqwest::header::HeaderValue::from_str(text).is_err() {
                continue;
            }
            for name in [
                "HX-Trigger",
                "HX-Target",
                "HX-Current-URL",
                "Referer",
                "User-Agent",
                "X-Forwarded-For",
                "X-Request-Id",
            ] {
                let headers = [("HX-Request", "true"), (name, text)];
                for path in ["/logs?range=all", "/logs/nope", &format!("/logs/{}", places[0].entry)] {
                    harmless::check(&client.get_with(path, &headers).await.html(), &format!("{path} with {name}"));
                }
            }
        }
    }

    async fn no_header_can_be_written_from_outside(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        let cookies = format!("Cookie: {}", client.cookies());
        let upper = places[0].entry.to_string().to_uppercase();
        for break_ in ["%0d%0a", "%0a", "%0d", "%E5%98%8A%E5%98%8D", "%C2%85", "%e2%80%a8", "%00%0d%0a"] {
            let tail = format!("x{break_}X-Evil:%201{break_}{break_}<x-evil>");
            let tail = tail.replace('<', "%3C").replace('>', "%3E");
            for path in [
                format!("/logs?range=all&q={tail}"),
                format!("/logs?range=all&area={tail}&{tail}={tail}"),
                format!("/logs/{upper}?q={tail}"),
                format!("/logs/{upper}/error_detail.txt?{tail}"),
                format!("/members/{}?{tail}", places[0].member.simple()),
                format!("/members/by-email?email={tail}"),
                format!("/login?next=/logs{tail}"),
                format!("/{tail}"),
            ] {
                for more in ["X-A: 1", "HX-Request: true"] {
                    for cookies in [&cookies, "X-B: 1"] {
                        let answer = raw(&app.base, &format!("GET {path}"), &[more, cookies], b"").await;
                        assert!((200..500).contains(&answer.status()), "{path}: {}", answer.head);
                        assert!(answer.headers("x-evil").is_empty(), "{path}: {}", answer.head);
                        assert!(answer.head.is_ascii() && !answer.head.contains("\n\n"), "{path}: {}", answer.head);
                    }
                }
            }
        }
    }

    async fn a_host_that_is_none_stands_on_a_page_as_text(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for host in ["evil.example", "evil.example\"><x-evil>", "evil.example/</textarea><x-evil>"] {
            let page = client.get_with(&format!("/logs/{}", places[0].entry), &[("host", host)]).await;
            harmless::check(&page.html(), host);
            // Links of the page stay where the reader is.
            assert!([200, 400].contains(&page.status.as_u16()), "{host}: {}", page.status);
        }
    }

    async fn a_traceback_is_a_file_of_text_as_it_came(db: TestDb) {
        let places = written(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Support).await;
        for (at, (text, places)) in (0..).zip(TEXTS.iter().zip(&places)) {
            let (_, _, log) = entry(text, 3 * at + 3);
            let file = client.get(&format!("/logs/{}/error_detail.txt", places.entry)).await;
            assert_eq!(file.status, StatusCode::OK);
            assert_eq!(file.text(), log.error_detail.expect("a traceback"));
            assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(file.header("cache-control"), Some("no-store"));
            let name = format!("attachment; filename=\"error_detail-{}.txt\"", &places.entry.to_string()[..13]);
            assert_eq!(file.header("content-disposition"), Some(name.as_str()));
        }
    }
}
