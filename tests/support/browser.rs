//! A real browser for one test: Chromium without a screen, with a profile of its own. What it complains of in its
//! console fails the test.

use std::time::{Duration, Instant};

use fantoccini::{
    Client as Driver, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
    key::Key,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::sync::SemaphorePermit;

use super::{TestApp, app::PASSWORD, chromedriver};

/// How long anything may take that a person would wait for: long, as the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a browser looks at pages, to be changed with `..`.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The width of its window in CSS pixels.
    pub width: u32,
    /// The height.
    pub height: u32,
    /// Whether its system is dark.
    pub dark: bool,
    /// Whether scripts run.
    pub scripts: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 1440, height: 900, dark: false, scripts: true }
    }
}

/// A browser. A test ends it with [`Browser::finish`], which reads its console.
pub struct Browser {
    driver: Driver,
    session: String,
    base: String,
    expected: Vec<&'static str>,
    finished: bool,
    _turn: SemaphorePermit<'static>,
}

impl Browser {
    /// A wide, light browser with scripts.
    pub async fn open(app: &TestApp) -> Self {
        Self::with(app, Look::default()).await
    }

    /// A browser.
    pub async fn with(app: &TestApp, look: Look) -> Self {
        let turn = chromedriver::BROWSERS.acquire().await.expect("a turn");
        let driver = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(look.scripts))
            .connect(&format!("http://127.0.0.1:{}", chromedriver::port()))
            .await
            .expect("a browser");
        let session = driver.session_id().await.expect("a session").expect("its id");
        let browser =
            Self { driver, session, base: app.base.clone(), expected: Vec::new(), finished: false, _turn: turn };
        browser.look(look).await;
        browser
    }

    /// Makes it look at pages otherwise. Whether scripts run stays as it was.
    pub async fn look(&self, look: Look) {
        self.resize(look.width, look.height).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Makes its window another size, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Something that the console may say in this test, by a part of it: an answer that is meant to be an error.
    pub fn expect(&mut self, part: &'static str) {
        self.expected.push(part);
    }

    /// Ends it. Fails if a page broke its content security policy, threw an error or logged one.
    pub async fn finish(mut self) {
        let bad = self.complaints().await;
        self.finished = true;
        assert!(bad.is_empty(), "the console says:\n{}", bad.join("\n"));
    }

    /// What the console says since it was last asked, but for what is expected.
    pub async fn complaints(&self) -> Vec<String> {
        let console = self.command("se/log", json!({ "type": "browser" })).await;
        let lines = console.as_array().expect("lines").iter();
        lines
            .map(|line| format!("{}: {}", line["level"].as_str().unwrap_or("?"), line["message"]))
            .filter(|line| !line.starts_with("INFO") && !line.starts_with("DEBUG"))
            .filter(|line| !self.expected.iter().any(|part| line.contains(part)))
            .collect()
    }

    // Going somewhere.

    /// Opens a page of Daybook.
    pub async fn goto(&self, path: &str) {
        self.driver.goto(&format!("{}{path}", self.base)).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Signs in with the form of `/login`, and ends on `/logs`.
    pub async fn sign_in(&self, email: &str) {
        self.goto("/login").await;
        self.fill("#email", email).await;
        self.fill("#password", PASSWORD).await;
        self.leave(async || self.click("form button").await).await;
    }

    /// Back, as the button of the browser does it.
    pub async fn back(&self) {
        self.leave(async || self.driver.back().await.expect("a way back")).await;
    }

    /// Forward.
    pub async fn forward(&self) {
        self.leave(async || self.driver.forward().await.expect("a way forward")).await;
    }

    /// Reload.
    pub async fn reload(&self) {
        self.leave(async || self.driver.refresh().await.expect("reloaded")).await;
    }

    /// Does what leads to another document, and waits until that is there.
    pub async fn leave(&self, act: impl AsyncFnOnce()) {
        // A page that comes back as it was left says so.
        self.js("window.left = true; addEventListener('pageshow', () => { window.left = false; })").await;
        act().await;
        self.until("another page", "return !window.left && document.readyState === 'complete'").await;
    }

    /// Does what swaps the results, and waits for the new ones. The rest of the page must stay.
    pub async fn swap(&self, act: impl AsyncFnOnce()) {
        self.js("document.body.stays = true; document.querySelector('#results').old = true").await;
        act().await;
        self.until(
            "new results",
            "const results = document.querySelector('#results');
             return results && !results.old && !document.querySelector('.htmx-request,.htmx-swapping,.htmx-settling')",
        )
        .await;
        assert_eq!(self.js("return document.body.stays === true").await, true, "the whole page was loaded");
    }

    /// Where it is: path and query.
    pub async fn path(&self) -> String {
        let path = self.js("return location.pathname + location.search + location.hash").await;
        path.as_str().expect("a path").to_owned()
    }

    // Using a page.

    /// Clicks an element.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.unwrap_or_else(|error| panic!("clicking {css}: {error}"));
    }

    /// Empties a field and types into it.
    pub async fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        element.clear().await.unwrap_or_else(|error| panic!("emptying {css}: {error}"));
        element.send_keys(text).await.unwrap_or_else(|error| panic!("typing into {css}: {error}"));
    }

    /// Presses keys one after the other, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.driver.perform_actions(actions).await.unwrap_or_else(|error| panic!("pressing {keys:?}: {error}"));
    }

    /// Presses a key that has no character.
    pub async fn press_key(&self, key: Key) {
        self.press(&char::from(key).to_string()).await;
    }

    async fn find(&self, css: &str) -> Element {
        self.until(&format!("{css} in the page"), &format!("return !!document.querySelector({})", json!(css))).await;
        self.driver.find(Locator::Css(css)).await.unwrap_or_else(|error| panic!("finding {css}: {error}"))
    }

    // Reading a page.

    /// Runs the body of a function in the page.
    pub async fn js(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a script that is done when it calls its last argument.
    pub async fn js_done(&self, script: &str) -> Value {
        self.driver.execute_async(script, Vec::new()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits until the body of a function returns true.
    pub async fn until(&self, what: &str, script: &str) {
        let start = Instant::now();
        loop {
            // Between two pages there may be nothing to run it in.
            if self.driver.execute(script, Vec::new()).await.is_ok_and(|value| value == true) {
                return;
            }
            if start.elapsed() > PATIENCE {
                panic!("waited in vain for {what} at {}", self.path().await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until an expression is true.
    pub async fn wait(&self, expression: &str) {
        self.until(expression, &format!("return !!({expression})")).await;
    }

    /// An expression that must hold now.
    pub async fn holds(&self, expression: &str) {
        if !self.is(expression).await {
            panic!("{expression} does not hold at {} ({})", self.path().await, self.string("document.title").await);
        }
    }

    /// Whether an expression holds.
    pub async fn is(&self, expression: &str) -> bool {
        self.js(&format!("return !!({expression})")).await == true
    }

    /// A string.
    pub async fn string(&self, expression: &str) -> String {
        let value = self.js(&format!("return {expression}")).await;
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    /// Strings.
    pub async fn strings(&self, expression: &str) -> Vec<String> {
        let value = self.js(&format!("return Array.from({expression})")).await;
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// What is shown of the first element that matches, its white space folded.
    pub async fn text(&self, css: &str) -> String {
        self.texts(css).await.into_iter().next().unwrap_or_else(|| panic!("no {css}"))
    }

    /// What is shown of every element that matches.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let all = format!("document.querySelectorAll({})", json!(css));
        self.strings(&format!("Array.from({all}, (element) => (element.innerText ?? '').replace(/\\s+/g, ' ').trim())"))
            .await
    }

    /// What stands in a field.
    pub async fn value(&self, css: &str) -> String {
        self.string(&format!("document.querySelector({}).value", json!(css))).await
    }

    /// Puts a value into a field whose keys depend on the country.
    pub async fn set(&self, css: &str, value: &str) {
        self.js(&format!("document.querySelector({}).value = {}", json!(css), json!(value))).await;
    }

    /// Whether an element is there to be seen.
    pub async fn shown(&self, css: &str) -> bool {
        self.is(&format!("document.querySelector({})?.checkVisibility()", json!(css))).await
    }

    /// Whether it is open: a panel or drawer.
    pub async fn open_now(&self, css: &str) -> bool {
        self.is(&format!("document.querySelector({}).matches(':popover-open')", json!(css))).await
    }

    /// The ids of the entries in the list, in their order.
    pub async fn entries(&self) -> Vec<String> {
        self.strings(
            "Array.from(document.querySelectorAll('#list a[data-row]'), (row) => row.pathname.split('/').pop())",
        )
        .await
    }

    /// The id of the element that has the focus, or its text if it has none.
    pub async fn focus(&self) -> String {
        self.string("document.activeElement.id || document.activeElement.innerText.trim()").await
    }

    /// Waits until an element has the focus.
    pub async fn focused(&self, css: &str) {
        let has = format!("return !!document.activeElement?.matches({})", json!(css));
        self.until(&format!("the focus on {css}"), &has).await;
    }

    // Below the page.

    /// A command of the browser, by its own protocol.
    pub async fn cdp(&self, command: &str, params: Value) -> Value {
        self.command("goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    /// Forgets every cookie.
    pub async fn lose_cookies(&self) {
        self.driver.delete_all_cookies().await.expect("forgotten");
    }

    async fn command(&self, path: &'static str, body: Value) -> Value {
        let command = Command { path, body };
        self.driver.issue_cmd(command).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        chromedriver::end(&self.session);
        assert!(self.finished || std::thread::panicking(), "a test ends its browser with finish()");
    }
}

/// A command that fantoccini has no name for.
#[derive(Debug)]
struct Command {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// What is asked of `chromedriver`, which makes a fresh profile for each browser.
fn capabilities(scripts: bool) -> serde_json::Map<String, Value> {
    let args = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en-GB",
    ];
    let mut options = json!({ "args": args });
    if !scripts {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "script": 120_000 },
    });
    let Value::Object(map) = all else { unreachable!("an object") };
    map
}
