//! The token of a form: a secret under a fresh random pad, so that the same bytes never stand on two pages and
//! compression cannot be made to give them away.

use anyhow::anyhow;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::core::{error::Result, secret};

/// What tokens are made from.
pub type Secret = [u8; 32];

/// A token of `secret`, another one each time.
#[must_use]
pub fn csrf_token(secret: &Secret) -> String {
    let pad = secret::bytes::<32>();
    let mut token = [0; 64];
    let (left, right) = token.split_at_mut(32);
    left.copy_from_slice(&pad);
    right.copy_from_slice(&xor(&pad, secret));
    URL_SAFE_NO_PAD.encode(token)
}

/// Whether `token` is one of `secret`; how long that takes does not depend on where they differ.
#[must_use]
pub fn matches(secret: &Secret, token: &str) -> bool {
    let Ok(Ok(token)) = URL_SAFE_NO_PAD.decode(token).map(<[u8; 64]>::try_from) else { return false };
    let (left, right) = token.split_at(32);
    xor(left, right).ct_eq(secret).into()
}

/// A seal on `text` under `secret`: who holds it got it from here, for this very text.
pub fn seal(secret: &Secret, text: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| anyhow!("the secret has no bytes"))?;
    mac.update(b"a seal\0");
    mac.update(text.as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn xor(left: &[u8], right: &[u8]) -> Secret {
    let mut out = [0; 32];
    for (out, (left, right)) in out.iter_mut().zip(left.iter().zip(right)) {
        *out = left ^ right;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_one_text_and_one_secret() {
        let (secret, other) = (secret::bytes(), secret::bytes());
        let of = |secret, text| seal(secret, text).expect("a seal");
        assert_eq!(of(&secret, "a"), of(&secret, "a"));
        assert_ne!(of(&secret, "a"), of(&secret, "b"));
        assert_ne!(of(&secret, "a"), of(&other, "a"));
    }

    #[test]
    fn tokens_differ_and_match_their_secret_alone() {
        let (secret, other) = (secret::bytes(), secret::bytes());
        let (one, two) = (csrf_token(&secret), csrf_token(&secret));
        assert_ne!(one, two);
        assert!(matches(&secret, &one) && matches(&secret, &two));
        assert!(!matches(&other, &one));
        for bad in ["", "a", &one[..84], &format!("{one}AA"), &URL_SAFE_NO_PAD.encode(secret)] {
            assert!(!matches(&secret, bad), "{bad}");
        }
    }
}
