//! Floor 2: HTTP, without a feature. What every page needs: state, answers, errors, headers, static files.

pub mod state;
