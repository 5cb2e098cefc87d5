//! The address of a database, as `--database` takes it.

use std::{path::PathBuf, str::FromStr as _};

use sqlx::postgres::PgConnectOptions;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of the embedded database.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Server),
}

/// A PostgreSQL server, a database on it, and as whom.
#[derive(Clone)]
pub struct Server {
    options: Box<PgConnectOptions>,
    shown: String,
    schema: Option<String>,
}

impl Server {
    /// Reads an address that begins with `postgres://` or `postgresql://`, also as SQLAlchemy writes it
    /// (`postgresql+asyncpg://`, `?ssl=require`).
    fn parse(text: &str) -> Result<Self, String> {
        const HOW: &str = "that is no address of a PostgreSQL database: write postgresql://USER:PASSWORD@HOST/DATABASE";
        let (scheme, rest) = text.split_once("://").ok_or(HOW)?;
        let known = ["postgres", "postgresql"].contains(&scheme.split_once('+').map_or(scheme, |(name, _)| name));
        if !known || rest.is_empty() {
            return Err(HOW.to_owned());
        }
        let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
        let pairs: Vec<String> = query.split('&').filter(|pair| !pair.is_empty()).map(plain).collect();
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        // A socket is named in the query alone, and then no host stands before the path.
        let rest = match rest.rsplit_once('@') {
            Some((user, host)) if host.starts_with(['/', ':']) => format!("{user}@localhost{host}"),
            None if rest.starts_with(['/', ':']) => format!("localhost{rest}"),
            _ => rest.to_owned(),
        };
        // What the parser says may repeat a password.
        let options = PgConnectOptions::from_str(&format!("postgresql://{rest}{query}")).map_err(|_| HOW.to_owned())?;
        // What a person needs to reach it again, and no secret.
        let kept: Vec<&str> = pairs
            .iter()
            .map(String::as_str)
            .filter(|pair| ["host=", "port=", "sslmode=", "sslrootcert="].iter().any(|name| pair.starts_with(name)))
            .collect();
        let kept = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        let host = match rest.rsplit_once('@') {
            Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
            None => rest,
        };
        Ok(Self { options: Box::new(options), shown: format!("postgresql://{host}{kept}"), schema: None })
    }

    /// The schema of the application's tables, where it was named; else it is the first on the search path that has
    /// `audit_logs`.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// As sqlx takes it.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// A parameter as libpq spells it: asyncpg's `ssl` means `sslmode`.
fn plain(pair: &str) -> String {
    match pair.split_once('=') {
        Some(("ssl", "true" | "True" | "1")) => "sslmode=require".to_owned(),
        Some(("ssl", "false" | "False" | "0")) => "sslmode=disable".to_owned(),
        Some(("ssl", mode)) => format!("sslmode={mode}"),
        _ => pair.to_owned(),
    }
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        self.shown == other.shown
    }
}

impl Eq for Server {}

/// Without the password.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    /// Reads `sqlite://FILE`, `sqlite:FILE`, the path of a file that ends in `.db`, `.sqlite` or `.sqlite3`, or the address
    /// of a PostgreSQL database.
    ///
    /// # Errors
    /// One line that says what to write instead. An address may carry a password, so it is never repeated.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file = |path: &str| match path.split_once('?').map_or(path, |(path, _)| path) {
            "" | ":memory:" => Err("a database needs a file: write sqlite://daybook.db".to_owned()),
            path => Ok(Self::Sqlite(PathBuf::from(path))),
        };
        if let Some(path) = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")) {
            return file(path);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            if scheme.starts_with("postgres") {
                return Server::parse(text).map(Self::Postgres);
            }
            return Err(format!(
                "“{scheme}” is no kind of database Daybook knows: write sqlite://FILE or postgresql://HOST/DATABASE"
            ));
        }
        let known = [".db", ".sqlite", ".sqlite3"].iter().any(|ending| text.ends_with(ending));
        if known { file(text) } else { Err("that is no address of a database: write sqlite://FILE".to_owned()) }
    }
}

impl Address {
    /// With the application's tables in a schema. The embedded database has no schemas.
    ///
    /// # Errors
    /// One line where it is the embedded one.
    pub fn in_schema(self, schema: Option<String>) -> Result<Self, String> {
        match (self, schema) {
            (address, None) => Ok(address),
            (Self::Postgres(server), schema) => Ok(Self::Postgres(Server { schema, ..server })),
            (Self::Sqlite(_), Some(_)) => Err("only a PostgreSQL database has schemas".to_owned()),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(server) => f.write_str(&server.shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_taken_in_each_spelling() {
        for text in ["sqlite://a/b.db", "sqlite:a/b.db", "a/b.db", "sqlite://a/b.db?mode=rwc"] {
            assert_eq!(Address::parse(text), Ok(Address::Sqlite("a/b.db".into())), "{text}");
        }
        assert_eq!(Address::parse("sqlite:///var/lib/daybook.db"), Ok(Address::Sqlite("/var/lib/daybook.db".into())));
    }

    #[test]
    fn what_is_no_file_says_what_to_write_and_keeps_a_password_to_itself() {
        for text in ["sqlite://", "sqlite::memory:", "mysql://a:secret@b/c", "nonsense"] {
            let message = Address::parse(text).expect_err(text);
            assert!(message.contains("sqlite://") && !message.contains("secret"), "{message}");
        }
        for text in ["postgres://", "postgresqlite://a:secret@b/c", "postgres://a:secret@b:port/c"] {
            let message = Address::parse(text).expect_err(text);
            assert!(message.contains("postgresql://") && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_socket_is_taken_with_a_port_and_without() {
        for (text, port) in [
            ("postgresql+psycopg://me@:5433/club?host=/run/postgresql", 5433),
            ("postgresql://me@/club?host=/run/postgresql&port=5433", 5433),
            ("postgresql://:5433/club?host=/run/postgresql", 5433),
            ("postgresql:///club?host=/run/postgresql", 5432),
        ] {
            let Ok(Address::Postgres(server)) = Address::parse(text) else { panic!("{text} is refused") };
            assert_eq!(server.options().get_socket(), Some(&PathBuf::from("/run/postgresql")));
            assert_eq!((server.options().get_port(), server.options().get_database()), (port, Some("club")), "{text}");
        }
    }

    #[test]
    fn a_server_is_taken_as_sqlalchemy_writes_it_and_its_password_is_not_shown() {
        for text in [
            "postgres://me:secret@db.example/club",
            "postgresql://me:secret@db.example/club",
            "postgresql+asyncpg://me:secret@db.example/club?ssl=require",
            "postgresql+psycopg://me:secret@db.example/club?sslmode=require",
        ] {
            let address = Address::parse(text).expect(text);
            assert!(address.to_string().starts_with("postgresql://me@db.example/club"), "{address}");
            assert!(!format!("{address:?}").contains("secret"));
            let Address::Postgres(server) = address else { panic!("no server") };
            let required = matches!(server.options().get_ssl_mode(), sqlx::postgres::PgSslMode::Require);
            assert_eq!(required, text.contains("require"), "{text}");
        }
    }
}
