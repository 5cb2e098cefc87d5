//! Floor 4: realistic data for `daybook seed` and `daybook demo`, the same for the same seed.

mod calendar;
mod dice;
mod faults;
mod people;
mod phrase;
mod releases;
mod span;
