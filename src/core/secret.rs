//! Random secrets, and the hashes under which they are kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRngCore;
use sha2::{Digest, Sha256};

/// `N` bytes from the operating system's generator.
///
/// # Panics
/// Where the operating system has no randomness to give: nothing secret could be made then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut out).expect("the operating system gives random bytes");
    out
}

/// A secret of 256 bits as text that fits a cookie, a URL or a form: 43 characters.
#[must_use]
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A password that can be read out and typed: 20 characters of an alphabet without look-alikes (about 99 bits).
#[must_use]
pub fn password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut out = String::with_capacity(23);
    for (at, byte) in bytes::<20>().into_iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            out.push('-');
        }
        out.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    out
}

/// SHA-256, under which a secret of full strength may be kept and looked up.
#[must_use]
pub fn hash(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}
