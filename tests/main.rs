//! Every behaviour, through the real thing: mostly HTTP against a running server, each test with a database of its own, on
//! every kind of database there is.

#![allow(
    clippy::manual_assert,
    clippy::duration_suboptimal_units,
    clippy::zombie_processes,
    clippy::format_collect,
    reason = "a test says what went wrong as it fits, and the processes it begins end with it"
)]

/// What the build does has its tests beside it.
#[path = "../build/compact.rs"]
mod compact;
mod support;

mod access;
mod accounts;
mod api_docs;
mod architecture;
mod around;
mod attached;
mod bounded;
mod browser;
mod changing;
mod chart;
mod command_line;
mod csrf;
mod doors;
mod entry;
mod error_group_details;
mod error_group_pages;
mod error_group_said;
mod error_groups;
mod errors;
mod export;
mod export_slow;
mod far_instants;
mod faults_postgres;
mod filters;
mod find;
mod headers;
mod hostile;
mod import;
mod import_bad;
mod import_walk;
mod ingest;
mod ingest_disk;
mod ingest_faults;
mod ingest_limits;
mod integrating;
mod least_privilege;
mod live;
mod live_crowd;
mod malformed;
mod member_words;
mod members;
mod migrate_postgres;
mod outage;
mod overview;
mod paging;
mod plans;
mod plans_errors;
mod plans_postgres;
mod reading_api;
mod rebuild;
mod request_log;
mod roles;
mod round_trip;
mod schema;
mod search;
mod seeding;
mod serving;
mod sessions;
mod sign_in;
mod since;
mod smoke;
mod snapshots;
mod staff_activity;
mod staff_command;
mod staff_log;
mod staff_log_queue;
mod staff_pages;
mod storage;
mod storage_postgres;
mod throttle;
mod time;
mod timeline;
mod tls;
mod token_command;
mod tokens;
mod unfinished;
mod unfit_postgres;
mod views;
