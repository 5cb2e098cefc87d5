//! Floor 2: what every page is made of and knows no feature.

pub mod assets;
pub mod error_page;
pub mod shell;
pub mod zones;
