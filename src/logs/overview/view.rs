//! The chart as its template prints it: bars, the links over them, the axis, and the same numbers as a table.

use super::{
    buckets::{Bar, Buckets},
    chart::{self, Grid, Rect, Scale, Slot},
    labels::Labels,
    store::{Overview, Reach},
    tally::{Layer, Layers},
};
use crate::{
    core::{time::Timestamp, words},
    logs::{
        filter::{Choice, Filter, ListQuery, Range},
        link, summary,
        view::Reader,
    },
};

/// A layer with its name: in the legend, and at the head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The class of its colour.
    pub class: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How many entries, where that is known.
    pub n: Option<String>,
}

/// A name on the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// From the left.
    pub x: String,
    /// The name.
    pub text: String,
    /// Whether it is left out on a phone.
    pub minor: bool,
}

/// A link over one bar, or over two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The list of that time.
    pub href: String,
    /// What it holds, in words.
    pub label: String,
    /// From the left.
    pub x: String,
    /// How wide.
    pub width: String,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The list of that time.
    pub href: String,
    /// When it begins.
    pub from: String,
    /// How many of each layer that is shown.
    pub numbers: Vec<String>,
}

/// The part of the chart that has not been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// How wide it is, from the left.
    pub width: String,
    /// Its middle.
    pub middle: String,
}

/// What selecting a bar does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The same list, of that time alone.
    Zoom,
    /// What the bar counts, in a list.
    Show,
}

impl Way {
    /// What the chart says of it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Zoom => "Select a bar to zoom in.",
            Self::Show => "Select a bar to see those entries.",
        }
    }

    /// What each link says of it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Zoom => "Zoom in",
            Self::Show => "Show them",
        }
    }
}

/// The chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// `Entries per hour`.
    pub title: String,
    /// What selecting a bar does.
    pub way: Way,
    /// The layers, where there are several.
    pub keys: Vec<Key>,
    /// How far counting came, where that was not the end.
    pub stopped: Option<String>,
    /// How much of the log is in the totals, while they are being built.
    pub building: Option<String>,
    /// The chart in a sentence.
    pub label: String,
    /// Lines across.
    pub grid: Vec<Grid>,
    /// The bars.
    pub rects: Vec<Rect>,
    /// What was not looked at.
    pub unseen: Option<Unseen>,
    /// The axis.
    pub ticks: Vec<Tick>,
    /// A link a bar.
    pub fine: Vec<Hit>,
    /// A link for two bars: for fingers.
    pub coarse: Vec<Hit>,
    /// The heads of the table's columns of numbers.
    pub heads: Vec<&'static str>,
    /// The table.
    pub rows: Vec<Row>,
}

/// The chart of an overview.
#[must_use]
pub fn figure(overview: &Overview, query: &ListQuery, reader: &Reader) -> Figure {
    let sentence = summary::sentence(&query.filter, reader.zone, reader.now);
    let building = overview.building.map(|progress| format!("{} %", progress.percent()));
    let Some(buckets) = &overview.buckets else {
        let nothing = overview.reach == Reach::All;
        return Figure {
            title: if nothing { format!("No {}", sentence.many) } else { capital(&sentence.many) },
            stopped: (!nothing).then(|| "Nothing was looked at in time.".to_owned()),
            building,
            ..Figure::empty()
        };
    };
    let href = |from: Bar, to: Bar| {
        let range = Range::Between { from: Some(from.from), to: to.to };
        let filter = Filter { range, ..query.filter.clone() };
        link::list(&query.narrowed(filter), reader.zone)
    };
    let status = &query.filter.status;
    Draw {
        bars: &overview.bars,
        reach: overview.reach,
        buckets,
        status,
        way: Way::Zoom,
        href: &href,
        reader,
        labels: Labels::of(buckets, reader),
    }
    .figure(format!("{} per {}", capital(&sentence.many), buckets.step.words()), &sentence.many, building)
}

/// The chart of errors that were counted otherwise, all of them; `href` leads to those of a bar, or of several.
#[must_use]
pub fn errors(buckets: &Buckets, bars: &[Layers], reader: &Reader, href: &dyn Fn(Bar, Bar) -> String) -> Figure {
    let status = Choice { any: vec!["error".to_owned()], none: Vec::new() };
    let labels = Labels::of(buckets, reader);
    let draw = Draw { bars, reach: Reach::All, buckets, status: &status, way: Way::Show, href, reader, labels };
    draw.figure(format!("Errors per {}", buckets.step.words()), "errors", None)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

struct Draw<'a> {
    /// What each bar holds,
    bars: &'a [Layers],
    /// as far as was counted.
    reach: Reach,
    buckets: &'a Buckets,
    /// Which statuses are asked for.
    status: &'a Choice<String>,
    way: Way,
    /// Where a bar leads, or several that lie side by side.
    href: &'a dyn Fn(Bar, Bar) -> String,
    reader: &'a Reader,
    labels: Labels<'a>,
}

impl Draw<'_> {
    fn figure(&self, title: String, many: &str, building: Option<String>) -> Figure {
        let bars = &self.buckets.bars;
        let layers = self.layers();
        let seen = self.seen();
        let all = self.bars.iter().fold(Layers::default(), |sum, bar| sum.and(*bar));
        let scale = Scale::of(self.bars.iter().map(|bar| bar.sum()).max().unwrap_or_default());
        let partly = self.reach != Reach::All;
        let key = |layer: &Layer| Key {
            class: chart::class(*layer),
            name: name(*layer),
            n: (!partly).then(|| words::count(all.get(*layer))),
        };
        let fine = self.hits(seen, 1);
        let links = words::counted(u64::try_from(fine.len()).unwrap_or_default(), "link", "links");
        let so_far = if partly { " Earlier time has not been looked at." } else { "" };
        let each = match self.way {
            Way::Zoom => "each zooms in",
            Way::Show => "each shows the errors of its time",
        };
        let rects = |(at, bar): (usize, &Layers)| chart::bar(at, bars.len(), *bar, scale);
        Figure {
            keys: if layers.len() > 1 { layers.iter().map(key).collect() } else { Vec::new() },
            stopped: match self.reach {
                Reach::All => None,
                // The list may have come further, or less far.
                Reach::BackTo(at) => Some(match all.sum() {
                    0 => format!("This chart looked back to {}: so far no {many}.", self.far(at)),
                    n => format!("This chart looked back to {}: at least {} {many}.", self.far(at), words::count(n)),
                }),
                Reach::Nowhere => Some("Nothing was looked at in time.".to_owned()),
            },
            building,
            label: format!("{title}, {}.{so_far} {links}, {}.", self.labels.span(), each),
            grid: scale.grid(),
            rects: self.bars.iter().enumerate().flat_map(rects).collect(),
            unseen: (seen > 0).then(|| {
                let slot = Slot { at: seen, many: bars.len() };
                Unseen { width: slot.x(), middle: slot.middle_before() }
            }),
            ticks: self.ticks(),
            coarse: self.hits(seen, 2),
            fine,
            heads: layers.iter().map(|layer| name(*layer)).collect(),
            rows: self.rows(seen, &layers),
            way: self.way,
            title,
        }
    }

    /// How far back looking came: a day, and within the last one a time.
    fn far(&self, at: Timestamp) -> String {
        let Reader { zone, now, .. } = *self.reader;
        if now.since(at) < chrono::Duration::days(1) {
            summary::moment(at, zone, now)
        } else {
            summary::day(at, zone, now)
        }
    }

    /// The first bar that was looked at, if only in part.
    fn seen(&self) -> usize {
        match self.reach {
            Reach::All => 0,
            Reach::BackTo(at) => self.buckets.bars.iter().rposition(|bar| bar.from <= at).unwrap_or_default(),
            Reach::Nowhere => self.buckets.bars.len(),
        }
    }

    /// The layers that the filter admits; a status that Daybook does not know only where there is one.
    fn layers(&self) -> Vec<Layer> {
        let shown = |layer: &Layer| {
            let held = self.bars.iter().any(|bar| bar.get(*layer) > 0);
            let word = match layer {
                Layer::Error => "error",
                Layer::Warning => "warning",
                Layer::Success => "success",
                Layer::Other => return held,
            };
            held || self.status.admits(|value| value == word)
        };
        [Layer::Success, Layer::Warning, Layer::Error, Layer::Other].into_iter().filter(shown).collect()
    }

    /// What a bar holds, in words: `76 entries, 4 warnings, 11 errors`.
    fn held(&self, layers: Layers, at_least: bool) -> String {
        let only = |layer| layers.get(layer) == layers.sum();
        let counted = |layer, one, many| words::counted(layers.get(layer), one, many);
        let status = self.status.any.as_slice();
        let words = match status {
            [status] if status == "error" && only(Layer::Error) => counted(Layer::Error, "error", "errors"),
            [status] if status == "warning" && only(Layer::Warning) => counted(Layer::Warning, "warning", "warnings"),
            _ => {
                let mut words = words::entries(layers.sum());
                for (layer, one, many) in [(Layer::Warning, "warning", "warnings"), (Layer::Error, "error", "errors")] {
                    if layers.get(layer) > 0 {
                        words.push_str(", ");
                        words.push_str(&counted(layer, one, many));
                    }
                }
                words
            }
        };
        match layers.sum() {
            0 if at_least => "so far none".to_owned(),
            _ if at_least => format!("at least {words}"),
            _ => words,
        }
    }

    /// The links over the bars, `wide` bars each.
    fn hits(&self, seen: usize, wide: usize) -> Vec<Hit> {
        let (bars, counted) = (&self.buckets.bars, &self.bars);
        let mut out = Vec::new();
        let mut at = seen;
        while at < bars.len() {
            // From the left of what was looked at; the last may be narrower.
            let end = (at + wide).min(bars.len());
            let (first, last) = (bars[at], bars[end - 1]);
            let layers = counted[at..end].iter().fold(Layers::default(), |sum, bar| sum.and(*bar));
            let time = if end - at == 1 { self.labels.full(first) } else { self.labels.several(first, last) };
            let slot = Slot { at, many: bars.len() };
            out.push(Hit {
                href: (self.href)(first, last),
                label: format!("{time}: {}", self.held(layers, self.is_partly_seen(at))),
                x: slot.x(),
                width: slot.wide(end - at),
            });
            at = end;
        }
        out
    }

    /// Whether looking stopped within this bar.
    fn is_partly_seen(&self, at: usize) -> bool {
        matches!(self.reach, Reach::BackTo(to) if at == self.seen() && self.buckets.bars[at].from < to)
    }

    /// About eight names along the axis; on a phone as many of them as there is room for.
    fn ticks(&self) -> Vec<Tick> {
        const MOST: usize = 8;
        let bars = &self.buckets.bars;
        let every = bars.len().div_ceil(MOST).max(1);
        let name = |at: usize| {
            let before = at.checked_sub(every).and_then(|before| bars.get(before)).copied();
            match bars[at].to {
                None => "Later".to_owned(),
                Some(_) => self.labels.start(bars[at], before),
            }
        };
        let names: Vec<(usize, String)> = (0..bars.len()).step_by(every).map(|at| (at, name(at))).collect();
        let shown = chart::shown_on_a_phone(&names, bars.len());
        let tick = |((at, text), shown): ((usize, String), bool)| Tick {
            x: Slot { at, many: bars.len() }.x(),
            text,
            minor: !shown,
        };
        names.into_iter().zip(shown).map(tick).collect()
    }

    fn rows(&self, seen: usize, layers: &[Layer]) -> Vec<Row> {
        let row = |(at, (bar, counted)): (usize, (&Bar, &Layers))| {
            let at_least = self.is_partly_seen(at);
            let number = |layer: &Layer| match counted.get(*layer) {
                0 if at_least => "so far none".to_owned(),
                n if at_least => format!("at least {}", words::count(n)),
                n => words::count(n),
            };
            Row {
                href: (self.href)(*bar, *bar),
                from: self.labels.full(*bar),
                numbers: layers.iter().map(number).collect(),
            }
        };
        self.buckets.bars.iter().zip(self.bars).enumerate().skip(seen).map(row).collect()
    }
}

fn name(layer: Layer) -> &'static str {
    match layer {
        Layer::Error => "Error",
        Layer::Warning => "Warning",
        Layer::Success => "Success",
        Layer::Other => "Other",
    }
}

impl Figure {
    fn empty() -> Self {
        Self {
            title: String::new(),
            way: Way::Zoom,
            keys: Vec::new(),
            stopped: None,
            building: None,
            label: String::new(),
            grid: Vec::new(),
            rects: Vec::new(),
            unseen: None,
            ticks: Vec::new(),
            fine: Vec::new(),
            coarse: Vec::new(),
            heads: Vec::new(),
            rows: Vec::new(),
        }
    }
}
