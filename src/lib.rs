//! Daybook: a server-rendered dashboard over an application's audit log.
//!
//! The crate is a house with floors; imports go only down, and a test
//! (`tests/architecture.rs`) holds that.
//!
//! | floor | modules | knows |
//! |---|---|---|
//! | 0 | [`core`] | nothing but the standard library and pure crates: time, text, forms, errors |
//! | 1 | [`db`], [`paging`] | the database and the keyset |
//! | 2 | [`web`], [`session`], [`staff_log`] | HTTP and staff, but no feature |
//! | 3 | [`logs`] | the audit log: filter, list, entry, the one insert path |
//! | 4 | [`members`], [`error_groups`], [`views`], [`tokens`], [`ingest`], [`demo`] | rooms beside the log, which never know each other |
//! | 5 | [`find`] | whatever a pasted text may stand for: the log and its members |
//! | 6 | [`config`], [`routes`], [`app`], [`commands`] | everything: they put it together |

pub mod app;
pub mod commands;
pub mod config;
pub mod core;
pub mod db;
pub mod demo;
pub mod error_groups;
pub mod find;
pub mod ingest;
pub mod logs;
pub mod members;
pub mod paging;
pub mod routes;
pub mod session;
pub mod staff;
pub mod staff_log;
pub mod tokens;
pub mod views;
pub mod web;
