//! A browser without a screen: cookies, forms as they stand on pages, and pages to ask.

use std::sync::Arc;

use reqwest::{
    Method, StatusCode, Url,
    cookie::{CookieStore as _, Jar},
    header::{HeaderMap, HeaderName, HeaderValue},
};
use scraper::{ElementRef, Html, Selector};

/// Keeps cookies; follows no redirect by itself.
pub struct Client {
    base: String,
    jar: Arc<Jar>,
    http: reqwest::Client,
}

impl Client {
    /// A client without a session.
    pub fn new(base: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let http = reqwest::Client::builder()
            .cookie_provider(jar.clone())
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { base: base.to_owned(), jar, http }
    }

    /// The cookies that it would send to `/`, as the header has them. A `cookie` header that is given replaces them.
    pub fn cookies(&self) -> String {
        self.cookies_at("/")
    }

    /// The cookies that it would send to a path.
    pub fn cookies_at(&self, path: &str) -> String {
        let url: Url = format!("{}{path}", self.base).parse().expect("an address");
        let cookies = self.jar.cookies(&url);
        cookies.map(|cookies| cookies.to_str().expect("cookies are text").to_owned()).unwrap_or_default()
    }

    /// `HEAD`.
    pub async fn head(&self, path: &str) -> Page {
        self.send(Method::HEAD, path, &[], None).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[], None).await
    }

    /// `GET` with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.send(Method::GET, path, headers, None).await
    }

    /// `GET` as htmx asks.
    pub async fn htmx(&self, path: &str) -> Page {
        self.get_with(path, &[("HX-Request", "true")]).await
    }

    /// `POST` of a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_with(path, &[], fields).await
    }

    /// `POST` of a form with headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Page {
        let body = daybook::core::query_string::write(fields.iter().copied());
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, Some(body.into_bytes())).await
    }

    /// Any request.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Page {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header's name");
            map.append(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        let mut request = self.http.request(method, format!("{}{path}", self.base)).headers(map);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("a body").to_vec();
        Page { status, headers, body }
    }

    /// `GET`, and again where the machine was too busy to write down in time that it was asked.
    pub async fn get_patiently(&self, path: &str) -> Page {
        for _ in 0..30 {
            let page = self.get(path).await;
            if page.status != StatusCode::SERVICE_UNAVAILABLE {
                return page;
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        self.get(path).await
    }

    /// The pages from one on, page after page by `rel`.
    pub async fn pages(&self, path: &str, rel: &str) -> Vec<Page> {
        let mut pages = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get_patiently(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text());
            next = page.rel(rel);
            pages.push(page);
            assert!(seen.insert(path.clone()), "{path} leads back to itself");
        }
        pages
    }

    /// The ids of the entries from a page of the list on, page after page by `rel`, as the pages have them.
    pub async fn walk(&self, path: &str, rel: &str) -> Vec<Vec<String>> {
        self.pages(path, rel).await.iter().map(Page::entries).collect()
    }

    /// The token of the forms on a page.
    pub async fn token(&self, path: &str) -> String {
        let page = self.get(path).await;
        page.attribute("input[name=csrf_token]", "value")
            .unwrap_or_else(|| panic!("no form at {path}: {}", page.status))
    }

    /// Tries to sign in with the form of `/login`.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> Page {
        let token = self.token("/login").await;
        self.post("/login", &[("csrf_token", &token), ("email", email), ("password", password), ("next", "/logs")])
            .await
    }

    /// Signs in.
    pub async fn sign_in(&self, email: &str, password: &str) {
        let page = self.try_sign_in(email, password).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    }

    /// Posts a form of a signed-in page, its token with it.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token("/account").await;
        let mut all = vec![("csrf_token", token.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }
}

/// An answer.
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Page {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The body as a document.
    pub fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }

    /// The text of every element that matches, its white space folded.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let html = self.html();
        html.select(&selector(css)).map(|element| folded(&element)).collect()
    }

    /// An attribute of every element that matches and has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = self.html();
        html.select(&selector(css)).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    /// An attribute of the first element that matches.
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.attributes(css, name).into_iter().next()
    }

    /// Whether an element matches.
    pub fn has(&self, css: &str) -> bool {
        self.html().select(&selector(css)).next().is_some()
    }

    /// The ids of the entries in a list, in their order.
    pub fn entries(&self) -> Vec<String> {
        let id = |href: String| {
            let id = href.strip_prefix("/logs/").unwrap_or_default();
            id.split('?').next().unwrap_or_default().to_owned()
        };
        self.attributes("#list a[data-row]", "href").into_iter().map(id).collect()
    }

    /// What a browser would send of the form with this id as it stands: names and values, blank ones left out.
    pub fn sends(&self, form: &str) -> Vec<(String, String)> {
        let html = self.html();
        let controls = selector(&format!("input[form={form}], select[form={form}]"));
        let value = |control: ElementRef<'_>| -> Option<String> {
            if control.value().name() == "select" {
                let chosen = control.select(&selector("option[selected]")).next()?;
                return Some(chosen.attr("value").map_or_else(|| folded(&chosen), str::to_owned));
            }
            let counts =
                !matches!(control.attr("type"), Some("checkbox" | "radio")) || control.attr("checked").is_some();
            control.attr("value").filter(|_| counts).map(str::to_owned)
        };
        let pair = |control| Some((ElementRef::attr(&control, "name")?.to_owned(), value(control)?));
        html.select(&controls).filter_map(pair).filter(|(_, value)| !value.trim().is_empty()).collect()
    }

    /// Where `rel="next"` or `rel="prev"` leads.
    pub fn rel(&self, rel: &str) -> Option<String> {
        self.attribute(&format!("a[rel={rel}]"), "href")
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

fn folded(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
