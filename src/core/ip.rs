//! IP addresses: the one that stands in a recorded text, its sort key, and blocks of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

#[cfg(test)]
pub(crate) mod cases;

/// What stands between two words of a recorded address.
const SEPARATORS: [char; 16] = [' ', '\t', '\n', '\r', ',', ';', '=', '"', '\'', '(', ')', '<', '>', '{', '}', '|'];

/// The first IP address that stands in `text`, as a proxy or an application wrote it.
///
/// The text is cut into words at blanks, tabs, line ends and `, ; = " ' ( ) < > { } |`. A word is an
/// address where all of it is one of these, and the first such word counts:
///
/// | form | example |
/// |---|---|
/// | IPv4: four parts from 0 to 255, none with a needless zero before it | `203.0.113.24` |
/// | IPv4 and a port of one to five digits | `203.0.113.24:4711` |
/// | IPv6 as RFC 4291 writes it, in either case, with a dotted tail or without | `2001:db8::7` |
/// | IPv6 and a zone of letters, digits and `. _ ~ -` | `fe80::1%eth0` |
/// | any of these without its port in brackets, and perhaps a port after them | `[2001:db8::7]:443` |
///
/// Port and zone are dropped, and IPv4 in IPv6 (`::ffff:0:0/96`) counts as IPv4. `1.2.3.4.5`, `999.1.1.1`
/// and `a1.2.3.4` are therefore no addresses. The database's own function follows the same rule; both are
/// held to one table of cases.
#[must_use]
pub fn first_address(text: &str) -> Option<IpAddr> {
    text.split(SEPARATORS).find_map(address)
}

/// The address that a whole word is.
fn address(word: &str) -> Option<IpAddr> {
    if let Some(rest) = word.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        let port = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return if port { without_port(inside) } else { None };
    }
    let before_port = word.rsplit_once(':').filter(|(_, port)| is_port(port)).map(|(host, _)| host);
    match before_port.and_then(|host| host.parse::<Ipv4Addr>().ok()) {
        Some(found) => Some(IpAddr::V4(found)),
        None => without_port(word),
    }
}

/// An address that may have a zone, but no port.
fn without_port(word: &str) -> Option<IpAddr> {
    match word.split_once('%') {
        None => word.parse::<IpAddr>().ok(),
        Some((host, zone)) if is_zone(zone) => host.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        Some(_) => None,
    }
    .map(|found| found.to_canonical())
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_zone(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-'))
}

/// The 16 bytes by which an address is stored and compared: IPv4 stands as IPv4 in IPv6.
#[must_use]
pub fn key(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped().octets(),
        IpAddr::V6(six) => six.octets(),
    }
}

/// The address that [`key`] made these bytes from.
#[must_use]
pub fn from_key(key: [u8; 16]) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(key)).to_canonical()
}

/// An address, or a block of addresses that begin alike.
///
/// A block of IPv4 holds no IPv6 address; `::/0` holds every address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpBlock {
    first: [u8; 16],
    last: [u8; 16],
    /// How many leading bits of the 128 are fixed.
    fixed: u8,
}

/// The bits before the address in IPv4 in IPv6.
const BEFORE_IPV4: u8 = 96;

impl IpBlock {
    /// The block of this one address.
    #[must_use]
    pub fn single(address: IpAddr) -> Self {
        Self::around(key(address), 128)
    }

    fn around(key: [u8; 16], fixed: u8) -> Self {
        let free = u128::MAX.checked_shr(u32::from(fixed)).unwrap_or(0);
        let bits = u128::from_be_bytes(key);
        Self { first: (bits & !free).to_be_bytes(), last: (bits | free).to_be_bytes(), fixed }
    }

    /// The [`key`] of the lowest address in the block.
    #[must_use]
    pub const fn first(&self) -> [u8; 16] {
        self.first
    }

    /// The [`key`] of the highest address in the block.
    #[must_use]
    pub const fn last(&self) -> [u8; 16] {
        self.last
    }

    /// Whether the address with this [`key`] is in the block.
    #[must_use]
    pub fn contains(&self, key: &[u8; 16]) -> bool {
        self.first <= *key && *key <= self.last
    }

    /// Whether the block is one address.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.fixed == 128
    }
}

impl FromStr for IpBlock {
    type Err = IpError;

    /// Reads an address in any form that [`first_address`] knows, or an address, a slash and a number of bits.
    fn from_str(text: &str) -> Result<Self, IpError> {
        let text = text.trim();
        if text.contains(SEPARATORS) {
            return Err(IpError::NotOne);
        }
        let Some((host, bits)) = text.split_once('/') else {
            return address(text).map(Self::single).ok_or_else(|| IpError::about(text));
        };
        let host: IpAddr = host.parse().map_err(|_| IpError::about(host))?;
        match host {
            IpAddr::V4(_) => bits_up_to(32, bits).map(|bits| BEFORE_IPV4 + bits).ok_or(IpError::BitsOfIpv4),
            IpAddr::V6(_) => bits_up_to(128, bits).ok_or(IpError::BitsOfIpv6),
        }
        .map(|fixed| Self::around(key(host), fixed))
    }
}

fn bits_up_to(most: u8, text: &str) -> Option<u8> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|bits| digits && *bits <= most)
}

impl fmt::Display for IpBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = Ipv6Addr::from(self.first);
        // Fewer fixed bits reach beyond IPv4 in IPv6, so the block is one of IPv6 wherever it starts.
        let four = if self.fixed >= BEFORE_IPV4 { first.to_ipv4_mapped() } else { None };
        match (four, self.is_single()) {
            (Some(four), true) => write!(f, "{four}"),
            (Some(four), false) => write!(f, "{four}/{}", self.fixed - BEFORE_IPV4),
            (None, true) => write!(f, "{first}"),
            (None, false) => write!(f, "{first}/{}", self.fixed),
        }
    }
}

/// Why a text is no address and no block; shown after “… is not an IP address.”
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IpError {
    /// Several words where one was wanted.
    #[error("Give one address, or one block.")]
    NotOne,
    /// Dotted numbers, but not four of them.
    #[error("An IPv4 address has four parts, such as 203.0.113.24.")]
    NotFourParts,
    /// A part above 255.
    #[error("Each part goes from 0 to 255.")]
    PartTooLarge,
    /// A part such as `024`, which some programs read as octal.
    #[error("Leave out the zeros before a part.")]
    LeadingZero,
    /// What follows the slash after IPv4.
    #[error("After the slash goes a number from 0 to 32.")]
    BitsOfIpv4,
    /// What follows the slash after IPv6.
    #[error("After the slash goes a number from 0 to 128.")]
    BitsOfIpv6,
    /// Anything else.
    #[error("Write it like 203.0.113.24, 203.0.113.0/24 or 2001:db8::7.")]
    Unreadable,
}

impl IpError {
    /// The most helpful thing to say about `host`, which is no address.
    fn about(host: &str) -> Self {
        let host = match host.split_once(':') {
            Some((before, port)) if is_port(port) => before,
            _ => host,
        };
        if !host.contains('.') || host.bytes().any(|b| !b.is_ascii_digit() && b != b'.') {
            return Self::Unreadable;
        }
        let parts = || host.split('.').map(|part| (part, part.trim_start_matches('0')));
        if parts().count() != 4 || parts().any(|(part, _)| part.is_empty()) {
            Self::NotFourParts
        } else if parts().any(|(_, value)| value.len() > 3 || value.parse::<u16>().is_ok_and(|n| n > 255)) {
            Self::PartTooLarge
        } else if parts().any(|(part, value)| part.len() > value.len().max(1)) {
            Self::LeadingZero
        } else {
            Self::Unreadable
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(text: &str) -> IpBlock {
        text.parse().expect("a block")
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
            any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
            any::<u32>().prop_map(|bits| IpAddr::V6(Ipv4Addr::from(bits).to_ipv6_mapped())),
            any::<u16>().prop_map(|low| IpAddr::V6(u128::from(low).into())),
        ]
    }

    #[test]
    fn the_shared_table_holds() {
        for (text, expected) in cases::FIRST_ADDRESS {
            let found = first_address(text).map(|address| address.to_string());
            assert_eq!(found.as_deref(), *expected, "{text:?}");
        }
    }

    #[test]
    fn blocks_read_and_write_themselves() {
        for (text, shown) in [
            ("203.0.113.24", "203.0.113.24"),
            (" 203.0.113.24:80 ", "203.0.113.24"),
            ("203.0.113.24/32", "203.0.113.24"),
            ("203.0.113.24/24", "203.0.113.0/24"),
            ("203.0.113.24/0", "0.0.0.0/0"),
            ("::ffff:203.0.113.24", "203.0.113.24"),
            ("::ffff:203.0.113.24/120", "203.0.113.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:0:0/95", "::fffe:0:0/95"),
            ("2001:DB8:0::7", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("fe80::1%eth0", "fe80::1"),
            ("2001:db8::7/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(block(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_block_is_told_why() {
        for (text, why) in [
            ("203.0.113.300", IpError::PartTooLarge),
            ("203.0.113.300:80", IpError::PartTooLarge),
            ("203.0.113.99999999999999999999/24", IpError::PartTooLarge),
            ("203.0.113", IpError::NotFourParts),
            ("203.0.113.", IpError::NotFourParts),
            ("1.2.3.4.5", IpError::NotFourParts),
            ("203.0.113.024", IpError::LeadingZero),
            ("203.0.113.0/33", IpError::BitsOfIpv4),
            ("203.0.113.0/", IpError::BitsOfIpv4),
            ("203.0.113.0/+8", IpError::BitsOfIpv4),
            ("203.0.113.0/255.255.255.0", IpError::BitsOfIpv4),
            ("2001:db8::/129", IpError::BitsOfIpv6),
            ("203.0.113.1, 203.0.113.2", IpError::NotOne),
            ("localhost", IpError::Unreadable),
            ("42", IpError::Unreadable),
            ("", IpError::Unreadable),
            ("203.0.113.0:80/24", IpError::Unreadable),
        ] {
            assert_eq!(text.parse::<IpBlock>(), Err(why), "{text}");
        }
    }

    #[test]
    fn blocks_of_one_family_do_not_reach_into_the_other() {
        let inside = |block: IpBlock, address: &str| block.contains(&key(address.parse().expect("an address")));
        assert!(inside(block("0.0.0.0/0"), "255.255.255.255"));
        assert!(!inside(block("0.0.0.0/0"), "::1"));
        assert!(!inside(block("0.0.0.0/0"), "2001:db8::7"));
        assert!(inside(block("::/0"), "2001:db8::7"));
        assert!(inside(block("::/0"), "203.0.113.24"));
        assert!(!inside(block("203.0.113.0/24"), "203.0.114.0"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(text in "\\PC*|[0-9a-fA-F:.%\\[\\]/, ]{0,80}") {
            let _ = first_address(&text);
            if let Ok(block) = text.parse::<IpBlock>() {
                prop_assert_eq!(block.to_string().parse(), Ok(block));
            }
        }

        #[test]
        fn every_address_is_found_in_every_dress(address in any_address(), port in any::<u16>(), list in any::<bool>()) {
            let plain = address.to_string();
            let dresses = match address {
                IpAddr::V4(_) => vec![plain.clone(), format!("{plain}:{port}"), format!("for=\"{plain}:{port}\"")],
                IpAddr::V6(_) => vec![plain.clone(), format!("[{plain}]:{port}"), format!("{plain}%eth0")],
            };
            for dress in dresses {
                let text = if list { format!("unknown, {dress}, 192.0.2.1") } else { dress };
                prop_assert_eq!(first_address(&text), Some(address.to_canonical()), "{}", text);
            }
        }

        #[test]
        fn keys_lead_back(address in any_address()) {
            prop_assert_eq!(from_key(key(address)), address.to_canonical());
        }

        #[test]
        fn blocks_hold_what_begins_alike(address in any_address(), bits in 0u8..=128, other in any_address()) {
            let bits = if address.is_ipv4() { bits % 33 } else { bits };
            let block = block(&format!("{address}/{bits}"));
            prop_assert_eq!(block.to_string().parse(), Ok(block));
            prop_assert!(block.contains(&key(address)) && block.contains(&block.first()) && block.contains(&block.last()));
            let fixed = u32::from(if address.is_ipv4() { bits + 96 } else { bits });
            let alike = (u128::from_be_bytes(key(address)) ^ u128::from_be_bytes(key(other))).leading_zeros() >= fixed;
            prop_assert_eq!(block.contains(&key(other)), alike);
            prop_assert_eq!(block.is_single(), block.first() == block.last());
        }
    }
}
