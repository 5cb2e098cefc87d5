//! What members hold in their hands, and the addresses that requests come from.

use std::net::Ipv6Addr;

use super::super::dice::Dice;

/// A browser as it names itself, and how many of a thousand use it.
#[derive(Debug, Clone, Copy)]
pub struct Agent {
    /// How many of a thousand, about.
    pub weight: u32,
    /// The header as sent.
    pub text: &'static str,
    /// It is carried about, so its address changes.
    pub mobile: bool,
}

const fn desk(weight: u32, text: &'static str) -> Agent {
    Agent { weight, text, mobile: false }
}

const fn hand(weight: u32, text: &'static str) -> Agent {
    Agent { weight, text, mobile: true }
}

/// What members use.
pub static AGENTS: &[Agent] = &[
    hand(
        300,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    hand(
        90,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    ),
    hand(
        150,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    ),
    hand(
        40,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    desk(
        170,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    desk(
        70,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    ),
    desk(
        80,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    ),
    desk(45, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    desk(20, "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    hand(15, "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"),
    hand(
        20,
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
];

/// What comes without a member.
pub static BOTS: &[&str] = &[
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/8.14.1",
    "python-requests/2.32.5",
];

/// A browser and where it is mostly used.
#[derive(Debug, Clone)]
pub struct Device {
    /// The browser.
    pub agent: Agent,
    /// The address of home or office.
    pub address: String,
}

impl Device {
    /// Some member's device.
    pub fn any(dice: &mut Dice) -> Self {
        let fallback = Agent { weight: 1, text: "", mobile: false };
        let agent = dice.weighted(AGENTS, |agent| agent.weight).copied().unwrap_or(fallback);
        Self { agent, address: address(dice) }
    }
}

/// An address out of the ranges that are set aside for documentation.
pub fn address(dice: &mut Dice) -> String {
    let mut part = || u16::try_from(dice.below(0x1_0000)).unwrap_or(0);
    let (site, net, high, low) = (part(), part() & 0xff, part(), part());
    if dice.per_mille(220) {
        Ipv6Addr::new(0x2001, 0xdb8, site, net, 0, 0, high, low).to_string()
    } else {
        format!("{}.{}", dice.pick(&["192.0.2", "198.51.100", "203.0.113"]), 1 + low % 254)
    }
}

/// The address as some proxies write it: with a port, or followed by their own.
pub fn as_recorded(address: &str, dice: &mut Dice) -> String {
    let port = 1024 + dice.below(64_000);
    match (dice.below(40), address.contains(':')) {
        (0, _) => format!("{address}, 10.0.0.2"),
        (1, true) => format!("[{address}]:{port}"),
        (1, false) => format!("{address}:{port}"),
        (2, false) => format!("::ffff:{address}"),
        _ => address.to_owned(),
    }
}
