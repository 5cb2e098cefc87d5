//! The geometry of the chart, as attributes of SVG: `x` and `width` in hundredths of its width, `y` and `height` in
//! pixels. Pure, so that nothing on the page needs a script or a style.

use super::tally::{Layer, Layers};
use crate::core::words;

/// Where bars stand.
const BASE: f64 = 100.0;
/// How high the highest may be.
const HIGH: f64 = 80.0;
/// Between the layers of a bar.
const GAP: f64 = 1.0;
/// Between bars, in hundredths.
const BETWEEN: f64 = 1.0;
/// How high an error or a warning is at least: one must be seen beside thousands.
const SEEN: f64 = 2.5;

/// A part of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rect {
    /// Its colour.
    pub class: &'static str,
    /// From the left.
    pub x: String,
    /// From above.
    pub y: String,
    /// How wide.
    pub width: String,
    /// How high.
    pub height: String,
}

/// A line across, with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Its number.
    pub n: String,
    /// From above.
    pub y: String,
    /// The number's own place.
    pub text_y: String,
}

/// The scale of the chart: which number its top stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    top: u64,
}

impl Scale {
    /// A scale on which `most` is about as high as the chart: its top is a round number.
    #[must_use]
    pub fn of(most: u64) -> Self {
        const ROUND: [u64; 8] = [10, 15, 20, 30, 40, 50, 60, 80];
        // A bar may stand out a little: the next round number could be twice as much.
        let wanted = (u128::from(most) * 120).div_ceil(13);
        let mut unit: u128 = 1;
        loop {
            for round in ROUND {
                let top = u128::from(round) * unit;
                if top >= wanted && top.is_multiple_of(10) {
                    return Self { top: u64::try_from(top / 10).unwrap_or(u64::MAX) };
                }
            }
            unit *= 10;
        }
    }

    /// The lines at the top and half way, where that is a whole number.
    #[must_use]
    pub fn grid(self) -> Vec<Grid> {
        let line = |n: u64| {
            let y = BASE - self.height(n);
            Grid { n: short(n, self.top), y: px(y), text_y: px(y + 4.0) }
        };
        let half = self.top.is_multiple_of(2).then(|| line(self.top / 2));
        half.into_iter().chain([line(self.top)]).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "it is drawn to a tenth of a pixel")]
    fn height(self, n: u64) -> f64 {
        n as f64 / self.top as f64 * HIGH
    }
}

/// The class of a layer.
#[must_use]
pub fn class(layer: Layer) -> &'static str {
    match layer {
        Layer::Error => "s-error",
        Layer::Warning => "s-warning",
        Layer::Success => "s-success",
        Layer::Other => "s-other",
    }
}

/// The parts of bar number `at` of `many`, from the bottom up.
#[must_use]
pub fn bar(at: usize, many: usize, layers: Layers, scale: Scale) -> Vec<Rect> {
    let slot = Slot { at, many };
    let mut top = BASE;
    let mut out = Vec::new();
    for layer in Layer::ALL {
        let n = layers.get(layer);
        if n == 0 {
            continue;
        }
        let least = if matches!(layer, Layer::Error | Layer::Warning) { SEEN } else { GAP };
        let height = scale.height(n).max(least);
        top -= height;
        out.push(Rect {
            class: class(layer),
            x: percent(slot.left() + BETWEEN / 2.0),
            y: px(top),
            width: percent(slot.width() - BETWEEN),
            height: px(height),
        });
        top -= GAP;
    }
    out
}

/// The room of bar number `at` of `many`.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// Which bar,
    pub at: usize,
    /// of how many.
    pub many: usize,
}

impl Slot {
    #[expect(clippy::cast_precision_loss, reason = "there are at most 24 bars")]
    fn left(self) -> f64 {
        self.at as f64 * self.width()
    }

    #[expect(clippy::cast_precision_loss, reason = "there are at most 24 bars")]
    fn width(self) -> f64 {
        100.0 / self.many.max(1) as f64
    }

    /// Its left edge.
    #[must_use]
    pub fn x(self) -> String {
        percent(self.left())
    }

    /// The width of `bars` of them.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are at most 24 bars")]
    pub fn wide(self, bars: usize) -> String {
        percent(self.width() * bars as f64)
    }

    /// The middle of all before it.
    #[must_use]
    pub fn middle_before(self) -> String {
        percent(self.left() / 2.0)
    }
}

/// Which names of the axis a phone shows, each at its bar of `many`: every one, every other one or fewer, so that none
/// runs into the next or out of the chart.
#[must_use]
pub fn shown_on_a_phone(names: &[(usize, String)], many: usize) -> Vec<bool> {
    // In pixels: what the chart is wide at the least, and what a letter is at the most.
    const CHART: usize = 260;
    const LETTER: usize = 7;
    let left = |at: usize| at * CHART / many.max(1);
    let right = |at: usize, text: &str| left(at) + text.chars().count() * LETTER;
    let fits = |nth: usize, next: Option<usize>| {
        let (at, text) = &names[nth];
        right(*at, text) <= next.map_or(CHART, |next| left(names[next].0).saturating_sub(LETTER))
    };
    let runs = |every: usize| {
        let shown: Vec<usize> = (0..names.len()).step_by(every).collect();
        shown.windows(2).all(|pair| fits(pair[0], Some(pair[1])))
    };
    let every = (1..names.len()).find(|every| runs(*every)).unwrap_or_else(|| names.len().max(1));
    (0..names.len()).map(|nth| nth.is_multiple_of(every) && fits(nth, None)).collect()
}

/// A round number in the little room beside an axis up to `top`, all of whose numbers have one form: `5,000`, `150k`,
/// `1.5M`.
fn short(n: u64, top: u64) -> String {
    let (unit, sign) = match top {
        0..10_000 => return words::count(n),
        10_000..1_000_000 => (1_000, "k"),
        _ => (1_000_000, "M"),
    };
    match n % unit / (unit / 100) {
        0 => format!("{}{sign}", words::count(n / unit)),
        part if part.is_multiple_of(10) => format!("{}.{}{sign}", words::count(n / unit), part / 10),
        part => format!("{}.{part:02}{sign}", words::count(n / unit)),
    }
}

/// Hundredths, without zeros that say nothing.
fn percent(value: f64) -> String {
    let text = format!("{value:.3}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_top_is_a_round_number() {
        let tops = [0, 1, 2, 3, 9, 28, 99, 107, 110, 12_345].map(|most| Scale::of(most).top);
        assert_eq!(tops, [1, 1, 2, 3, 10, 30, 100, 100, 150, 15_000]);
        let grid: Vec<String> = Scale::of(107).grid().into_iter().map(|line| line.n).collect();
        assert_eq!(grid, ["50", "100"]);
        assert_eq!(Scale::of(3).grid().len(), 1, "half an entry has no line");
        let axis = |most: u64| Scale::of(most).grid().into_iter().map(|line| line.n).collect::<Vec<_>>().join(" ");
        let said = [7_000, 10_000, 14_000, 150_000, 1_000_000, 1_500_000, 15_000_000].map(axis);
        assert_eq!(said, ["4,000 8,000", "5k 10k", "7.5k 15k", "75k 150k", "0.5M 1M", "0.75M 1.5M", "7.5M 15M"]);
    }

    #[test]
    fn a_phone_shows_as_many_names_as_stand_side_by_side() {
        let named = |texts: &[&str], every: usize| -> Vec<(usize, String)> {
            texts.iter().enumerate().map(|(nth, text)| (nth * every, (*text).to_owned())).collect()
        };
        let hours = named(&["Wed 14:38", "18:00", "22:00", "02:00", "06:00", "10:00", "14:00"], 2);
        assert_eq!(shown_on_a_phone(&hours, 13), [true, false, true, false, true, false, false]);
        let days = named(&["22 Nov 16:41", "23 Nov", "24 Nov", "25 Nov", "26 Nov", "27 Nov", "28 Nov", "29 Nov"], 2);
        assert_eq!(shown_on_a_phone(&days, 15), [true, false, false, true, false, false, true, false]);
        assert_eq!(shown_on_a_phone(&named(&["2025", "2026"], 1), 2), [true, true]);
        assert_eq!(shown_on_a_phone(&[], 0), Vec::<bool>::new());
    }

    proptest! {
        #[test]
        fn the_highest_bar_uses_the_chart_and_stays_in_it(most in any::<u64>()) {
            let height = Scale::of(most).height(most);
            prop_assert!(height <= HIGH * 1.1, "{height}");
            prop_assert!(most == 0 || height >= HIGH / 2.2, "{height}");
        }
    }
}
