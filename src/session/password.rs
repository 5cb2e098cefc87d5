//! Passwords: Argon2id, two at a time, and always one verification, whether or not there is an account.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::core::error::{Error, Result};

/// How many hashes are computed at once; each takes 19 MiB.
const AT_ONCE: usize = 2;
/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a password that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the account's.
    Right,
    /// It is not, or there is no account.
    Wrong,
    /// Too many wait; it was not looked at.
    Busy,
}

/// Hashes and verifies. Cheap to clone; all clones share the same two places.
#[derive(Debug, Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// The hash of a password that nobody knows, verified where there is no account, so that it takes as long.
    nobody: Arc<str>,
    patience: Duration,
}

impl Passwords {
    /// Computes one hash, so it takes a moment: for the start, not for a request.
    pub fn new() -> Result<Self> {
        let nobody = hash(&crate::core::secret::token())?;
        Ok(Self { places: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.into(), patience: PATIENCE })
    }

    /// The hash of a new password; `None` where too many wait.
    pub async fn hash(&self, password: String) -> Result<Option<String>> {
        let Some(place) = self.place().await else { return Ok(None) };
        apart(place, move || hash(&password)).await.map(Some)
    }

    /// Whether `password` is the one of `hash`, the hash of an account if there is one.
    pub async fn verify(&self, hash: Option<String>, password: String) -> Result<Verdict> {
        let Some(place) = self.place().await else { return Ok(Verdict::Busy) };
        let nobody = Arc::clone(&self.nobody);
        apart(place, move || {
            let matches = verify(hash.as_deref().unwrap_or(&nobody), &password)?;
            Ok(if matches && hash.is_some() { Verdict::Right } else { Verdict::Wrong })
        })
        .await
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()
    }
}

/// Runs `work` where it holds up nobody else. It keeps its place to its end, even where the client has gone.
async fn apart<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let work = move || {
        let done = work();
        drop(place);
        done
    };
    tokio::task::spawn_blocking(work).await.context("a password could not be worked on")?
}

/// The hash of a password, with a salt of its own.
pub fn hash(password: &str) -> Result<String> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|error| anyhow!("hashing a password: {error}"))?;
    Ok(hash.to_string())
}

fn verify(hash: &str, password: &str) -> Result<bool> {
    // Neither hash nor password may get into a message.
    let hash = PasswordHash::new(hash).map_err(|_| anyhow!("the hash of a password cannot be read"))?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(Error::Internal(anyhow!("verifying a password: {error}"))),
    }
}

/// The shortest password, in characters.
pub const SHORTEST: usize = 12;
/// The longest password, in characters.
pub const LONGEST: usize = 256;

/// Says why a new password is not taken.
///
/// # Errors
/// A sentence for the person who chose it.
pub fn acceptable(password: &str, email: &str, name: Option<&str>) -> std::result::Result<(), &'static str> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err("Use at least 12 characters. Four words in a row will do.");
    }
    if length > LONGEST {
        return Err("Use at most 256 characters.");
    }
    let plain = plain(password);
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    if [email, local, name.unwrap_or_default()].iter().any(|own| repeats(&plain, &self::plain(own))) {
        return Err("Use something other than your name or e-mail.");
    }
    if COMMON.contains(&plain.as_str()) || (1..=4).any(|unit| plain.get(..unit).is_some_and(|u| repeats(&plain, u))) {
        return Err("That password is one of the first that are tried. Use another.");
    }
    Ok(())
}

/// Lower case, and without what people put between words.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"-_.".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether `text` is nothing but `unit`, once or again and again.
fn repeats(text: &str, unit: &str) -> bool {
    !unit.is_empty() && text.len().is_multiple_of(unit.len()) && text.replace(unit, "").is_empty()
}

/// The long passwords that lists of leaked ones begin with, as [`plain`] writes them.
const COMMON: [&str; 72] = [
    "1234567890ab",
    "12345678900987654321",
    "1234567890qwerty",
    "123456789012",
    "1234567890123",
    "12345678901234567890",
    "1234567891011",
    "123456789123",
    "123456789123456789",
    "123456789abc",
    "123456789qwe",
    "123qweasdzxc",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u",
    "1q2w3e4r5t6y7u8i",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "098765432109",
    "0987654321098",
    "987654321012",
    "abc123456789",
    "abcd12345678",
    "abcdefghijkl",
    "abcdefghijklm",
    "abcdefghijklmnop",
    "abcdefghijklmnopqrstuvwxyz",
    "admin1234567",
    "admin12345678",
    "administrator",
    "administrator1",
    "asdfghjkl123",
    "asdfghjklzxcvbnm",
    "changeme1234",
    "correcthorsebatterystaple",
    "daybook12345",
    "daybookpassword",
    "dragon123456",
    "football1234",
    "iloveyou1234",
    "iloveyouforever",
    "letmein12345",
    "letmein123456",
    "manchesterunited",
    "michaeljordan",
    "monkey123456",
    "mypassword123",
    "p@ssw0rd1234",
    "p@ssword1234",
    "passw0rd1234",
    "password!@#$",
    "password1234",
    "password12345",
    "password123456",
    "password123456789",
    "password2025",
    "password2026",
    "princess1234",
    "qazwsxedcrfv",
    "qwerty123456",
    "qwerty1234567",
    "qwerty12345678",
    "qwertyasdfgh",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdfghjklzxcvbnm",
    "secret123456",
    "sunshine1234",
    "test12345678",
    "thisismypassword",
    "welcome12345",
    "zaq12wsxcde3",
    "zxcvbnmasdfghjkl",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_against_its_hash_and_against_nobody() {
        let passwords = Passwords::new().expect("ready");
        let hash = passwords.hash("four words in a row".into()).await.expect("hashed").expect("a place");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = async |hash: Option<&str>, password: &str| {
            passwords.verify(hash.map(str::to_owned), password.to_owned()).await.expect("verified")
        };
        assert_eq!(verify(Some(&hash), "four words in a row").await, Verdict::Right);
        assert_eq!(verify(Some(&hash), "four words in a Row").await, Verdict::Wrong);
        assert_eq!(verify(None, "four words in a row").await, Verdict::Wrong);
        assert!(passwords.nobody.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify(Some("garbled".into()), "x".into()).await.is_err());
    }

    #[tokio::test]
    async fn two_at_a_time_and_who_waits_too_long_is_told() {
        let passwords = Passwords { patience: Duration::from_millis(20), ..Passwords::new().expect("ready") };
        let (one, two) = (passwords.place().await, passwords.place().await);
        assert!(one.is_some() && two.is_some());
        let verdict = passwords.verify(None, "x".into()).await.expect("answered");
        assert_eq!(verdict, Verdict::Busy);
        drop(two);
        assert!(passwords.place().await.is_some());
    }

    #[test]
    fn a_password_must_be_long_and_not_the_first_guess() {
        let check =
            |password: &str| acceptable(password, "maya.osei@brackenfield.example", Some("Maya Osei-Lindqvist"));
        for good in
            ["four words in a row", "größerer Vogel 7", "maya.osei knows it", "123456789012x7", &"x y".repeat(9)[..13]]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "elevenchars",
            "maya.osei@brackenfield.example",
            "MAYA.OSEI@brackenfield.example",
            "maya osei maya osei",
            "Maya Osei Lindqvist",
            "correct horse battery staple",
            "Password-1234",
            "aaaaaaaaaaaa",
            "123412341234",
            "éééééééééééé",
            &"long".repeat(65),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_list_holds_nothing_that_another_rule_refuses() {
        for common in COMMON {
            assert!(common.chars().count() >= SHORTEST && plain(common) == common, "{common}");
        }
    }
}
