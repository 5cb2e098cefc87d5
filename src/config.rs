//! Settings: flag, else environment, else the file of `--config`, else default.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use serde::Deserialize;

use crate::{
    core::{ip::IpBlock, time::Zone},
    db::address::Address,
    web::state::Site,
};

/// Where `serve` listens unless told.
const LISTEN: &str = "127.0.0.1:8080";
/// The database unless told.
const DATABASE: &str = "sqlite://daybook.db";

/// Which database; every command but `demo` takes it.
#[derive(Debug, Clone, Default, Args)]
pub struct DatabaseArgs {
    /// Where the data is [env: `DAYBOOK_DATABASE_URL`, then `DATABASE_URL`] [default: <sqlite://daybook.db>]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// The schema of the application's tables in PostgreSQL [env: `DAYBOOK_SCHEMA`] [default: the first on the search path
    /// that has `audit_logs`]
    #[arg(long, value_name = "SCHEMA")]
    pub schema: Option<String>,
    /// A file of settings in TOML, its keys named as the flags
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How the site is set up; `serve` takes it, and `demo` but for the database.
#[derive(Debug, Clone, Default, Args)]
pub struct SiteArgs {
    /// Where to listen; port 0 takes a free one [env: `DAYBOOK_LISTEN`] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The zone of readers who chose none, an IANA name [env: `DAYBOOK_TIME_ZONE`] [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// What the site is called [env: `DAYBOOK_SITE_NAME`] [default: Daybook]
    #[arg(long, value_name = "NAME")]
    pub site_name: Option<String>,
    /// Where people reach it; https makes its cookies Secure [env: `DAYBOOK_PUBLIC_URL`]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// A proxy, address or block, whose forwarded headers count; repeatable [env: `DAYBOOK_TRUSTED_PROXIES`]
    #[arg(long, value_name = "ADDRESS")]
    pub trusted_proxy: Vec<String>,
    /// The beginning of the paths of the application's own code in tracebacks [env: `DAYBOOK_APP_ROOT`]
    #[arg(long, value_name = "PATH")]
    pub app_root: Option<String>,
    /// What opening a page of an area begins, instead of what is learned; repeatable [env: `DAYBOOK_BEGINS`]
    #[arg(long, value_name = "AREA=ACTION")]
    pub begins: Vec<String>,
    /// What to write to the log: error, warn, info, debug, or a filter [env: `DAYBOOK_LOG`] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log: Option<String>,
}

/// The settings of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    database: Option<String>,
    schema: Option<String>,
    listen: Option<String>,
    time_zone: Option<String>,
    site_name: Option<String>,
    public_url: Option<String>,
    trusted_proxy: Option<Vec<String>>,
    app_root: Option<String>,
    begins: Option<Vec<String>>,
    log: Option<String>,
}

/// Looks up a variable of the environment.
type Environment = Box<dyn Fn(&str) -> Option<String>>;

/// Where settings come from when no flag gives them.
pub struct Sources {
    file: File,
    environment: Environment,
}

impl Sources {
    /// The process's environment and, where one is named, a file.
    pub fn new(file: Option<&PathBuf>) -> Result<Self> {
        Self::with(file, Box::new(|name| std::env::var(name).ok()))
    }

    fn with(file: Option<&PathBuf>, environment: Environment) -> Result<Self> {
        let file = match file {
            None => File::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("the settings in {} cannot be read", path.display()))?;
                toml::from_str(&text).map_err(|error| {
                    anyhow!("the settings in {} are not understood: {}", path.display(), error.message())
                })?
            }
        };
        Ok(Self { file, environment })
    }

    /// A setting that is not blank.
    fn get(&self, flag: Option<&String>, names: &[&str], file: Option<&String>) -> Option<String> {
        let environment =
            || names.iter().find_map(|name| (self.environment)(name).filter(|text| !text.trim().is_empty()));
        flag.cloned().or_else(environment).or_else(|| file.cloned())
    }

    /// Which database.
    pub fn database(&self, args: &DatabaseArgs) -> Result<Address> {
        let text =
            self.get(args.database.as_ref(), &["DAYBOOK_DATABASE_URL", "DATABASE_URL"], self.file.database.as_ref());
        let schema = self.get(args.schema.as_ref(), &["DAYBOOK_SCHEMA"], self.file.schema.as_ref());
        let address =
            Address::parse(text.as_deref().unwrap_or(DATABASE)).map_err(|why| anyhow!("--database: {why}"))?;
        address.in_schema(schema).map_err(|why| anyhow!("--schema: {why}"))
    }

    /// Where to listen.
    pub fn listen(&self, args: &SiteArgs) -> Result<SocketAddr> {
        let text = self.get(args.listen.as_ref(), &["DAYBOOK_LISTEN"], self.file.listen.as_ref());
        let text = text.as_deref().unwrap_or(LISTEN).replace("localhost:", "127.0.0.1:");
        text.parse().map_err(|_| anyhow!("--listen: “{text}” is not an address with a port, such as {LISTEN}"))
    }

    /// What to write to the log.
    #[must_use]
    pub fn log(&self, args: &SiteArgs) -> Log {
        Log {
            filter: self
                .get(args.log.as_ref(), &["DAYBOOK_LOG"], self.file.log.as_ref())
                .unwrap_or_else(|| "info".to_owned()),
            json: (self.environment)("DAYBOOK_LOG_FORMAT").is_some_and(|format| format == "json"),
        }
    }

    /// How the site is set up.
    pub fn site(&self, args: &SiteArgs) -> Result<Site> {
        let file = &self.file;
        let zone = self.get(args.time_zone.as_ref(), &["DAYBOOK_TIME_ZONE"], file.time_zone.as_ref());
        let zone = match zone {
            None => Zone::UTC,
            Some(name) => name
                .parse()
                .map_err(|_| anyhow!("--time-zone: “{name}” is not a time zone; write it like Europe/London"))?,
        };
        let public_url = self.get(args.public_url.as_ref(), &["DAYBOOK_PUBLIC_URL"], file.public_url.as_ref());
        let public_url = public_url.map(|url| public_url_of(&url)).transpose()?;
        let several = |flags: &[String], name: &str, file: Option<&Vec<String>>| -> Vec<String> {
            match (self.environment)(name) {
                _ if !flags.is_empty() => flags.to_vec(),
                Some(list) => list.split([',', ' ']).filter(|one| !one.is_empty()).map(str::to_owned).collect(),
                None => file.cloned().unwrap_or_default(),
            }
        };
        let proxies = several(&args.trusted_proxy, "DAYBOOK_TRUSTED_PROXIES", file.trusted_proxy.as_ref());
        let begins = several(&args.begins, "DAYBOOK_BEGINS", file.begins.as_ref());
        let block = |text: &String| {
            text.parse::<IpBlock>().map_err(|why| anyhow!("--trusted-proxy: “{text}” is not an address. {why}"))
        };
        let pair = |text: &String| match text.split_once('=') {
            Some((area, action)) if !area.trim().is_empty() && !action.trim().is_empty() => {
                Ok((area.trim().to_owned(), action.trim().to_owned()))
            }
            _ => Err(anyhow!("--begins: “{text}” is not AREA=ACTION, such as members/bookings/new=booking_created")),
        };
        Ok(Site {
            begins: begins.iter().map(pair).collect::<Result<_>>()?,
            name: self
                .get(args.site_name.as_ref(), &["DAYBOOK_SITE_NAME"], file.site_name.as_ref())
                .unwrap_or_else(|| "Daybook".to_owned()),
            zone,
            public_url,
            trusted_proxies: proxies.iter().map(block).collect::<Result<_>>()?,
            app_root: self.get(args.app_root.as_ref(), &["DAYBOOK_APP_ROOT"], file.app_root.as_ref()),
        })
    }
}

/// A public URL without a slash at the end. It may have no path: pages are served from the root.
fn public_url_of(text: &str) -> Result<String> {
    let url = text.trim().trim_end_matches('/');
    let uri: actix_web::http::Uri =
        url.parse().map_err(|_| anyhow!("--public-url: “{text}” is not a URL, such as https://daybook.example.org"))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(_)) if path == "/" => Ok(url.to_owned()),
        (Some("http" | "https"), Some(_)) => bail!("--public-url: Daybook is served from the root, so it has no path"),
        _ => bail!("--public-url: “{text}” is not a URL, such as https://daybook.example.org"),
    }
}

/// What is written to the log, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A level, or a filter of `tracing-subscriber`.
    pub filter: String,
    /// Whether each line is JSON, for machines.
    pub json: bool,
}

impl Log {
    /// Begins to write the log to stderr; stdout carries only what is promised there.
    pub fn begin(&self) -> Result<()> {
        use tracing_subscriber::{EnvFilter, fmt};
        // A cookie that is not ours is no news, and neither is what is no HTTP: anybody can send them, as often as they
        // like. What breaks off on our side is told by whoever makes it.
        let quiet = "actix_session=error,actix_server=warn,actix_http::h1=off";
        let filter = EnvFilter::try_new(format!("{quiet},{}", self.filter))
            .map_err(|_| anyhow!("--log: “{}” is not a level: error, warn, info or debug", self.filter))?;
        let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
        // A second server in one process, as in tests, keeps the log of the first.
        let _ = if self.json { lines.json().flatten_event(true).try_init() } else { lines.with_ansi(false).try_init() };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(file: &str, environment: &'static [(&'static str, &'static str)]) -> Sources {
        let find = |name: &str| environment.iter().find(|(had, _)| *had == name).map(|(_, value)| (*value).to_owned());
        Sources { file: toml::from_str(file).expect("a file of settings"), environment: Box::new(find) }
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
        let flag = DatabaseArgs { database: Some("sqlite://flag.db".into()), ..DatabaseArgs::default() };
        let none = DatabaseArgs::default();
        let file = r#"database = "sqlite://file.db""#;
        let both: &[_] = &[("DAYBOOK_DATABASE_URL", "sqlite://ours.db"), ("DATABASE_URL", "sqlite://theirs.db")];
        let address = |sources: Sources, args: &DatabaseArgs| sources.database(args).expect("an address").to_string();
        assert_eq!(address(sources(file, both), &flag), "sqlite://flag.db");
        assert_eq!(address(sources(file, both), &none), "sqlite://ours.db");
        assert_eq!(address(sources(file, &both[1..]), &none), "sqlite://theirs.db");
        assert_eq!(address(sources(file, &[]), &none), "sqlite://file.db");
        assert_eq!(address(sources("", &[]), &none), "sqlite://daybook.db");
    }

    #[test]
    fn a_bad_setting_names_its_flag() {
        for (file, flag) in [
            (r#"listen = "nowhere""#, "--listen"),
            (r#"time-zone = "Mars/Olympus""#, "--time-zone"),
            (r#"public-url = "ftp://x""#, "--public-url"),
            (r#"public-url = "https://x/daybook""#, "--public-url"),
            (r#"trusted-proxy = ["10.0.0.300"]"#, "--trusted-proxy"),
            (r#"begins = ["members/bookings/new"]"#, "--begins"),
        ] {
            let sources = sources(file, &[]);
            let args = SiteArgs::default();
            let error = sources.listen(&args).err().or_else(|| sources.site(&args).err()).expect("an error");
            assert!(error.to_string().starts_with(flag), "{error}");
        }
    }

    #[test]
    fn a_key_that_is_no_flag_is_refused() {
        assert!(toml::from_str::<File>(r#"tiem-zone = "UTC""#).is_err());
    }
}
