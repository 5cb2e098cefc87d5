//! Counting by bar and by value: pure, from cells to the numbers of the chart and of the facets.

use std::collections::HashMap;

use super::buckets::Buckets;
use crate::{
    core::time::Timestamp,
    logs::{
        filter::{Area, Choice, Filter},
        log::is_error,
    },
};

/// The layers of a bar, from the bottom up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Errors, whatever their status.
    Error,
    /// Status `warning`, of others.
    Warning,
    /// Status `success`, of others.
    Success,
    /// Any other status.
    Other,
}

impl Layer {
    /// All layers, from the bottom up.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warning, Self::Success, Self::Other];

    /// The layer of an entry: as its row in the list is coloured.
    #[must_use]
    pub fn of(action_type: &str, status: &str) -> Self {
        match status {
            _ if is_error(action_type, status) => Self::Error,
            "warning" => Self::Warning,
            "success" => Self::Success,
            _ => Self::Other,
        }
    }
}

/// How many entries of each layer a bar holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers([u64; 4]);

impl Layers {
    /// How many of one layer.
    #[must_use]
    pub fn get(self, layer: Layer) -> u64 {
        self.0[layer as usize]
    }

    /// How many in all.
    #[must_use]
    pub fn sum(self) -> u64 {
        self.0.iter().sum()
    }

    /// So many of one layer.
    #[must_use]
    pub fn of(layer: Layer, n: u64) -> Self {
        let mut layers = Self::default();
        layers.add(layer, n);
        layers
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] + other.0[at]))
    }

    fn add(&mut self, layer: Layer, n: u64) {
        self.0[layer as usize] += n;
    }
}

/// The columns whose values are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `status`
    Status,
    /// `action_type`
    ActionType,
    /// `area`
    Area,
}

/// A combination of action, status and area, and which of the filter's three choices admit it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    action_type: String,
    status: String,
    area: String,
    admitted: [bool; 3],
}

impl Kind {
    /// Whether every choice admits it, not asking the one of `but`.
    fn passes(&self, but: Option<Column>) -> bool {
        let asked =
            [Column::Status, Column::ActionType, Column::Area].into_iter().filter(|column| Some(*column) != but);
        asked.into_iter().all(|column| self.admitted[column as usize])
    }
}

/// The combinations that were met, by number.
#[derive(Debug, Clone)]
pub struct Kinds {
    status: Choice<String>,
    action_type: Choice<String>,
    area: Choice<Area>,
    all: Vec<Kind>,
    /// By action, status and area: looked up for each entry, so without making a key of it first.
    numbers: HashMap<String, HashMap<String, HashMap<String, usize>>>,
}

impl Kinds {
    /// None yet, to be told apart by the choices of `filter`.
    #[must_use]
    pub fn of(filter: &Filter) -> Self {
        Self {
            status: filter.status.clone(),
            action_type: filter.action_type.clone(),
            area: filter.area.clone(),
            all: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// The number of a combination.
    pub fn number(&mut self, action_type: &str, status: &str, area: &str) -> usize {
        let known = self.numbers.get(action_type).and_then(|by| by.get(status)).and_then(|by| by.get(area));
        if let Some(number) = known {
            return *number;
        }
        let admitted = [
            self.status.admits(|value| value == status),
            self.action_type.admits(|value| value == action_type),
            self.area.admits(|value| value.covers(area)),
        ];
        let number = self.all.len();
        let (action_type, status, area) = (action_type.to_owned(), status.to_owned(), area.to_owned());
        let by_area = self.numbers.entry(action_type.clone()).or_default().entry(status.clone()).or_default();
        by_area.insert(area.clone(), number);
        self.all.push(Kind { action_type, status, area, admitted });
        number
    }
}

/// Entries of one combination at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// When: the entry's instant, or when the cell begins.
    pub at: Timestamp,
    /// The number of the combination.
    pub kind: usize,
    /// How many.
    pub n: u64,
}

/// What was counted.
#[derive(Debug, Clone)]
pub struct Tally {
    kinds: Kinds,
    cells: Vec<Cell>,
}

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub fn new(kinds: Kinds) -> Self {
        Self { kinds, cells: Vec::new() }
    }

    /// The combinations.
    pub fn kinds(&mut self) -> &mut Kinds {
        &mut self.kinds
    }

    /// Adds entries of a combination.
    pub fn add(&mut self, at: Timestamp, kind: usize, n: u64) {
        self.cells.push(Cell { at, kind, n });
    }

    /// Adds an entry.
    pub fn add_entry(&mut self, at: Timestamp, action_type: &str, status: &str, area: &str) {
        let kind = self.kinds.number(action_type, status, area);
        self.add(at, kind, 1);
    }

    /// The first and the last instant, if anything was counted.
    #[must_use]
    pub fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        let all = self.cells.iter().map(|cell| cell.at);
        Some((all.clone().min()?, all.max()?))
    }

    /// How many entries of each layer the filter admits in each bar.
    #[must_use]
    pub fn bars(&self, buckets: &Buckets) -> Vec<Layers> {
        let edges = buckets.edges();
        let layers: Vec<Option<Layer>> = self
            .kinds
            .all
            .iter()
            .map(|kind| kind.passes(None).then(|| Layer::of(&kind.action_type, &kind.status)))
            .collect();
        let mut bars = vec![Layers::default(); buckets.bars.len()];
        for cell in &self.cells {
            let bar = edges.partition_point(|edge| *edge <= cell.at).checked_sub(1);
            let bar = bar.and_then(|bar| bars.get_mut(bar));
            if let (Some(bar), Some(layer)) = (bar, layers[cell.kind]) {
                bar.add(layer, cell.n);
            }
        }
        bars
    }

    /// How many entries there are of each value of a column, whatever the filter's own choice of that column.
    #[must_use]
    pub fn values(&self, column: Column) -> HashMap<String, u64> {
        let mut sums = vec![0_u64; self.kinds.all.len()];
        for cell in &self.cells {
            sums[cell.kind] += cell.n;
        }
        let mut out = HashMap::new();
        for (kind, sum) in self.kinds.all.iter().zip(sums) {
            if kind.passes(Some(column)) {
                let value = match column {
                    Column::Status => &kind.status,
                    Column::ActionType => &kind.action_type,
                    Column::Area => &kind.area,
                };
                *out.entry(value.clone()).or_default() += sum;
            }
        }
        out
    }
}
