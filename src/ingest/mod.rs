//! Floor 4: entries in and out for programs.
