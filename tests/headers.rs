//! What every answer tells a browser to do with it: policy, caching, encoding.

use std::{collections::BTreeSet, io::Read as _};

use daybook::{
    core::role::Role,
    routes::ROUTES,
    session::access::Verb,
    web::{
        assets::{self, ASSETS},
        headers::CSP,
    },
};
use reqwest::{Method, StatusCode};

use crate::{
    database_test,
    support::{Page, Places, TestApp, app::Setup, raw::raw, safe_headers},
};

fn header<'a>(page: &'a Page, name: &str) -> Vec<&'a str> {
    page.headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect()
}

database_test! {
    async fn the_policy_allows_only_what_is_served_here(_db: TestDb) {
        let policy: BTreeSet<&str> = CSP.split(';').map(str::trim).collect();
        for needed in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(needed), "{needed}");
        }
        for never in ["unsafe", "*", "data:", "blob:", "http", "nonce"] {
            assert!(!CSP.contains(never), "{never}");
        }
    }

    async fn every_answer_has_them_and_none_with_data_is_kept(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let (admin, viewer, nobody) =
            (app.signed_in(Role::Admin).await, app.signed_in(Role::Viewer).await, app.client());
        let mut statuses = BTreeSet::new();
        let mut check = |page: &Page, what: &str| {
            if what.ends_with(" by htmx") {
                safe_headers::check_fragment(&page.headers, what);
            } else {
                safe_headers::check(&page.headers, what);
            }
            assert_eq!(page.header("strict-transport-security"), None, "{what}");
            let kept = what.contains("/static/") && [200, 304].contains(&page.status.as_u16());
            let said = if kept { "public, max-age=31536000, immutable" } else { "no-store" };
            assert_eq!(page.header("cache-control"), Some(said), "{what}");
            statuses.insert(page.status.as_u16());
        };
        for row in ROUTES {
            let path = places.path(row);
            for (who, client) in [("an admin", &admin), ("a viewer", &viewer), ("nobody", &nobody)] {
                if row.verb == Verb::Get {
                    for (how, headers) in [("", &[][..]), (" by htmx", &[("HX-Request", "true")])] {
                        check(&client.get_with(&path, headers).await, &format!("GET {path} of {who}{how}"));
                    }
                    check(&client.head(&path).await, &format!("HEAD {path} of {who}"));
                }
                check(&client.send(Method::PUT, &path, &[], None).await, &format!("PUT {path} of {who}"));
                check(&client.post(&path, &[]).await, &format!("POST {path} of {who}"));
            }
        }
        let upper = places.entry.to_string().to_uppercase();
        for path in [
            "/logs?range=x",
            "/members?q=%ff",
            "/nope",
            &format!("/logs/{upper}"),
            &format!("/logs/{}", uuid::Uuid::nil()),
            "/logs/%ff",
            "/logs/x/error_detail.txt",
            "/static/none.css",
            "/members/by-email?email=hana.lindqvist@example.org",
        ] {
            check(&admin.get(path).await, path);
            check(&admin.htmx(path).await, &format!("{path} by htmx"));
        }
        // What may be kept by others than who asked is the same for whoever asks.
        let icons = nobody.get_with(assets::ICONS, &[("HX-Request", "true")]).await;
        safe_headers::check(&icons.headers, assets::ICONS);
        let known = [("If-None-Match", "*")];
        check(&nobody.get_with(assets::APP_JS, &known).await, assets::APP_JS);
        check(&nobody.get_with(assets::APP_JS, &[("Accept-Encoding", "x, *;q=0")]).await, "a refusal of /static/");
        check(&admin.submit("/account/theme", &[("theme", "dark")]).await, "a change");
        check(&admin.submit("/account/theme", &[("theme", "x")]).await, "a refused change");
        check(&admin.submit("/account/zone", &[("zone", &"x".repeat(70_000))]).await, "a form that is too large");
        for _ in 0..4 {
            check(&nobody.try_sign_in("viewer@example.org", "wrong").await, "a refused sign-in");
        }
        let all: Vec<_> = statuses.into_iter().collect();
        assert_eq!(all, [200, 301, 303, 304, 400, 401, 403, 404, 405, 406, 413, 429]);
    }

    async fn over_https_browsers_are_told_to_stay_there(db: TestDb) {
        let mut setup = Setup::default();
        setup.site.public_url = Some("https://daybook.example.org".to_owned());
        let app = TestApp::with(db, setup).await;
        for path in ["/login", "/logs", "/nope", assets::APP_CSS, "/healthz"] {
            let page = app.client().get(path).await;
            safe_headers::check(&page.headers, path);
            assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        }
    }

    async fn pages_are_packed_for_whoever_takes_it_and_differ_by_htmx(db: TestDb) {
        Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let plain = client.get("/members").await;
        let packed = client.get_with("/members", &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).expect("gzip");
        assert_eq!(text.len(), plain.text().len());
        for page in [&plain, &packed] {
            let vary = header(page, "vary").join(", ").to_lowercase();
            assert!(vary.contains("hx-request"), "{vary}");
        }
        assert!(header(&packed, "vary").join(", ").to_lowercase().contains("accept-encoding"));
        safe_headers::check(&packed.headers, "a packed page");
    }

    async fn files_are_served_in_the_encoding_that_is_asked_for(db: TestDb) {
        let app = TestApp::start(db).await;
        for asset in ASSETS {
            for (accepted, sent) in
                [("br, gzip", Some("br")), ("gzip", Some("gzip")), ("identity", None), ("br;q=0, gzip;q=0", None)]
            {
                let answer =
                    raw(&app.base, &format!("GET {}", asset.path), &[&format!("Accept-Encoding: {accepted}")], b"")
                        .await;
                assert_eq!(
                    (answer.status(), answer.header("content-encoding")),
                    (200, sent),
                    "{} {accepted}",
                    asset.path
                );
                assert_eq!(answer.header("content-type"), Some(asset.content_type));
                assert_eq!(answer.header("vary").map(str::to_lowercase).as_deref(), Some("accept-encoding"));
                assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
                assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
                let mut body = Vec::new();
                let read = match sent {
                    Some("br") => brotli::Decompressor::new(answer.body.as_slice(), 4_096).read_to_end(&mut body),
                    Some(_) => flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut body),
                    None => answer.body.as_slice().read_to_end(&mut body),
                };
                assert!(read.is_ok() && body == asset.raw, "{} {accepted}", asset.path);
            }
        }
    }

    async fn a_file_that_a_browser_has_is_not_sent_again(db: TestDb) {
        let app = TestApp::start(db).await;
        let client = app.client();
        for asset in ASSETS {
            let first = client.get(asset.path).await;
            let tag = first.header("etag").expect("a tag").to_owned();
            for encoding in ["br", "gzip", "identity"] {
                let again =
                    client.get_with(asset.path, &[("If-None-Match", &tag), ("Accept-Encoding", encoding)]).await;
                assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{}", asset.path);
                assert_eq!(again.header("etag"), Some(tag.as_str()));
            }
            let other = client.get_with(asset.path, &[("If-None-Match", "\"other\"")]).await;
            assert_eq!((other.status, other.body.as_slice()), (StatusCode::OK, asset.raw), "{}", asset.path);
        }
    }

    async fn every_file_that_a_page_names_is_there(db: TestDb) {
        let places = Places::write(&db).await;
        let app = TestApp::start(db).await;
        let client = app.signed_in(Role::Admin).await;
        let mut names = BTreeSet::new();
        for path in ["/login", "/logs?range=all", &format!("/logs/{}", places.entry), "/members", "/account", "/staff/activity", "/nope"] {
            let page = if path == "/login" { app.client().get(path).await } else { client.get(path).await };
            for (css, name) in [("script", "src"), ("link", "href"), ("use", "href")] {
                names.extend(
                    page.attributes(css, name).iter().map(|url| url.split('#').next().unwrap_or_default().to_owned()),
                );
            }
        }
        assert!(names.len() >= 4, "{names:?}");
        for name in names {
            assert_eq!(app.client().get(&name).await.status, StatusCode::OK, "{name}");
        }
    }
}
