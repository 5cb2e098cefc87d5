//! Releases of the watched application: at each, the lines of some of its files move.

use super::dice::{Dice, Stream};
use super::span::{DAY, HOUR, Span, after};
use crate::core::time::Timestamp;

/// How many releases there had been: the version of the application's code.
pub type Release = usize;

/// When releases were made.
#[derive(Debug)]
pub struct Releases(Vec<Timestamp>);

impl Releases {
    /// One every two to four weeks over the span.
    pub fn new(seed: u64, span: Span) -> Self {
        let mut dice = Dice::new(seed, Stream::Releases);
        let mut made = Vec::new();
        let mut at = after(span.from, dice.between(0, 14 * DAY));
        while at < span.until {
            made.push(at);
            at = after(at, dice.between(12 * DAY, 30 * DAY) + dice.between(0, 6 * HOUR));
        }
        Self(made)
    }

    /// The release that ran at `at`.
    pub fn running(&self, at: Timestamp) -> Release {
        self.0.partition_point(|&made| made <= at)
    }
}

/// Where a line of an application's file stands at that release.
pub fn moved(file: &str, line: u32, release: Release) -> u32 {
    // FNV-1a: stable over versions of Rust, which the standard hasher need not be.
    let name = file
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let added: u64 = (1..=release).map(|nth| change(name ^ nth as u64)).sum();
    line.saturating_add(u32::try_from(added).unwrap_or(0))
}

/// How many lines a release adds to a file: most files are left alone.
fn change(mut mixed: u64) -> u64 {
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    if (mixed >> 60) < 11 { 0 } else { 1 + (mixed >> 20) % 9 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_moves_the_lines_of_some_files() {
        let files = ["bookings/service.py", "billing/service.py", "pets/photo.py", "web/audit.py", "rota/week.py"];
        let moves =
            |release| files.iter().filter(|file| moved(file, 40, release) != moved(file, 40, release + 1)).count();
        let total: usize = (0..30).map(moves).sum();
        assert!((20..100).contains(&total), "{total} moves of 150");
        assert!(files.iter().all(|file| moved(file, 40, 0) == 40));
    }
}
