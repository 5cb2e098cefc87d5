//! What tests are made with: a database each, a clock that stands still, a server that listens, a client, and
//! a browser.

pub mod api;
pub mod app;
pub mod application;
pub mod binary;
pub mod browser;
pub mod chromedriver;
pub mod client;
pub mod crowd;
pub mod database;
pub mod disk;
pub mod harmless;
pub mod outside;
pub mod places;
pub mod postgres;
pub mod raw;
pub mod reference;
pub mod safe_headers;
pub mod sample;
pub mod story;
pub mod tale;
pub mod wait;

pub use api::Api;
pub use app::TestApp;
pub use browser::{Browser, Look};
pub use client::{Client, Page};
pub use database::TestDb;
pub use outside::Outside;
pub use places::Places;

/// Makes a test of each database behind one text. The argument is a fresh, migrated database; its type says which:
/// `TestDb` both, `FileDb` the embedded one alone, for what only it has (a file, its planner, its one writer), and
/// `ServerDb` PostgreSQL alone.
///
/// ```ignore
/// database_test! {
///     async fn entries_are_kept(db: TestDb) { … }
/// }
/// ```
#[macro_export]
macro_rules! database_test {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: $kind:ident) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn test($db: $crate::support::TestDb) $body

            $crate::database_test!(@on $kind);
        }
    )+};
    (@on TestDb) => {
        $crate::database_test!(@on FileDb);
        $crate::database_test!(@on ServerDb);
    };
    (@on FileDb) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn sqlite() {
            test($crate::support::TestDb::sqlite().await).await;
        }
    };
    (@on ServerDb) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn postgres() {
            test($crate::support::TestDb::postgres().await).await;
        }
    };
}
