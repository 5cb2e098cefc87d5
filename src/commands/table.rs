//! What a command prints of a list: rows in columns, and texts of others that a terminal only shows.

use std::io::{self, Write};

/// Prints rows with each column as wide as its widest cell; the first row says what the columns are.
///
/// # Errors
/// Where it cannot be written.
pub fn print<const N: usize>(out: &mut impl Write, rows: &[[String; N]]) -> io::Result<()> {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// A text that a terminal only shows.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
