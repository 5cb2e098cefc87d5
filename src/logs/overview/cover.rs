//! Which cells of the totals make up the bars: whole days where they fit, whole hours beside them, and single entries
//! where an edge cuts an hour.

use crate::{core::time::Timestamp, logs::totals::cells::Size};

/// What a stretch is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Cells of this size.
    Cells(Size),
    /// Single entries, all within one bar: how many there are of each kind says enough.
    Together,
    /// Single entries of several bars.
    Entries,
}

/// A stretch of time, from an instant (included) to another (excluded), and what it is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The first instant that is in.
    pub from: Timestamp,
    /// The first that is out again.
    pub to: Timestamp,
    /// What it is counted by.
    pub by: By,
}

/// Covers the bars between `edges` (in order), newest first. No cell of it lies in two bars.
#[must_use]
pub fn cover(edges: &[Timestamp]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |from: Timestamp, to: Timestamp, by: By| {
        if from >= to {
            return;
        }
        // One question for stretches that lie side by side.
        let joined = pieces.last_mut().filter(|last| last.to == from).and_then(|last| {
            let by = match (last.by, by) {
                (By::Together | By::Entries, By::Together | By::Entries) => By::Entries,
                (last, by) if last == by => by,
                _ => return None,
            };
            Some((last, by))
        });
        match joined {
            Some((last, by)) => (last.to, last.by) = (to, by),
            None => pieces.push(Piece { from, to, by }),
        }
    };
    for (&from, &to) in edges.iter().zip(edges.iter().skip(1)) {
        let (first_hour, last_hour) = inner(from, to, Size::Hour);
        if first_hour >= last_hour {
            add(from, to, By::Together);
            continue;
        }
        add(from, first_hour, By::Together);
        let (first_day, last_day) = inner(first_hour, last_hour, Size::Day);
        if first_day < last_day {
            add(first_hour, first_day, By::Cells(Size::Hour));
            add(first_day, last_day, By::Cells(Size::Day));
            add(last_day, last_hour, By::Cells(Size::Hour));
        } else {
            add(first_hour, last_hour, By::Cells(Size::Hour));
        }
        add(last_hour, to, By::Together);
    }
    pieces.reverse();
    pieces
}

/// The first edge of a cell at or after `from`, and the last at or before `to`.
fn inner(from: Timestamp, to: Timestamp, size: Size) -> (Timestamp, Timestamp) {
    let size = size.micros();
    let up = from.micros().div_euclid(size) + i64::from(from.micros().rem_euclid(size) > 0);
    (Timestamp::from_micros(up * size), Timestamp::from_micros(to.micros().div_euclid(size) * size))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_tile_the_bars_and_no_cell_lies_in_two(
            start in 0..Timestamp::MAX.micros() / 2,
            lengths in prop::collection::vec(prop_oneof![1..7_200_000_000_i64, (1..400_i64).prop_map(|h| h * 1_800_000_000)], 1..24),
        ) {
            let mut edges = vec![Timestamp::from_micros(start / 900_000_000 * 900_000_000)];
            for length in lengths {
                let last = edges[edges.len() - 1];
                edges.push(Timestamp::from_micros(last.micros() + length));
            }
            let mut pieces = cover(&edges);
            prop_assert!(pieces.windows(2).all(|two| two[1].to == two[0].from), "newest first, without a gap");
            pieces.reverse();
            prop_assert_eq!(pieces.first().map(|piece| piece.from), edges.first().copied());
            prop_assert_eq!(pieces.last().map(|piece| piece.to), edges.last().copied());
            for piece in pieces {
                let By::Cells(size) = piece.by else {
                    prop_assert!(piece.to.micros() - piece.from.micros() < 48 * Size::Hour.micros());
                    let cut = edges.iter().any(|edge| piece.from < *edge && *edge < piece.to);
                    prop_assert_eq!(piece.by, if cut { By::Entries } else { By::Together });
                    continue;
                };
                for edge in edges.iter().chain([&piece.from, &piece.to]) {
                    let within = (piece.from..=piece.to).contains(edge);
                    prop_assert!(!within || edge.micros() % size.micros() == 0, "{edge:?} cuts a cell of {piece:?}");
                }
            }
        }
    }
}
