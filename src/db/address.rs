//! The address of a database, as `--database` takes it.

use std::path::PathBuf;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of the embedded database.
    Sqlite(PathBuf),
}

impl Address {
    /// Reads `sqlite://FILE`, `sqlite:FILE` or the path of a file that ends in `.db`, `.sqlite` or `.sqlite3`.
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
            return Err(if scheme.starts_with("postgres") {
                "this version has the embedded database only: write sqlite://FILE".to_owned()
            } else {
                format!("“{scheme}” is no kind of database Daybook knows: write sqlite://FILE")
            });
        }
        let known = [".db", ".sqlite", ".sqlite3"].iter().any(|ending| text.ends_with(ending));
        if known { file(text) } else { Err("that is no address of a database: write sqlite://FILE".to_owned()) }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
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
        for text in ["sqlite://", "sqlite::memory:", "mysql://a:secret@b/c", "postgres://a:secret@b/c", "nonsense"] {
            let message = Address::parse(text).expect_err(text);
            assert!(message.contains("sqlite://") && !message.contains("secret"), "{message}");
        }
    }
}
