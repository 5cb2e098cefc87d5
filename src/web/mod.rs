//! Floor 2: HTTP, without a feature. What every page needs: state, answers, errors, headers, static files.

pub mod access_log;
pub mod assets;
pub mod body;
pub mod client;
pub mod compress;
pub mod error_page;
pub mod headers;
pub mod listing;
pub mod next;
pub mod origin;
pub mod problem;
mod rendered;
pub mod respond;
pub mod shell;
pub mod spelling;
pub mod state;
pub mod zones;
