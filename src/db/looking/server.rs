//! Bounded looking on a server: it is told beforehand how long a statement may take (`statement_timeout`); told again only
//! where that has become much too long, as telling costs a trip.
//!
//! A server that ends a statement late, or does not answer at all, is not waited for: its connection is given up.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Transaction};

use super::{Looked, in_time};
use crate::{
    core::error::Result,
    db::{Dialect, Sql, explain, postgres::PgDb, readers, run::FromRow},
};

/// What a server was told last of how long a statement may take.
pub type Granted = Option<Duration>;

/// How long after its time a statement is still waited for.
const GRACE: Duration = Duration::from_millis(50);
/// By how much what is granted may be longer than what is left.
const SLACK: Duration = Duration::from_millis(25);
/// The least that is granted. What is granted bounds also the statement that grants anew, the next time.
const LEAST: Duration = Duration::from_millis(20);

type Lent = readers::Reader<Postgres, Granted>;

#[derive(Debug)]
pub(super) struct Reader {
    db: PgDb,
    /// None after one was given up: the next statement takes another.
    lent: Option<Lent>,
}

impl Reader {
    pub(super) async fn of(db: &PgDb, time: Duration) -> Result<Self> {
        let lent = db.looks().take(|granted| fits(*granted, time)).await.map_err(explain)?;
        Ok(Self { db: db.clone(), lent: Some(lent) })
    }

    pub(super) fn dialect(&self) -> Dialect {
        Dialect::Postgres(self.db.shape().served)
    }

    pub(super) async fn fetch_all<T: FromRow>(&mut self, sql: Sql, deadline: Instant) -> Result<Looked<Vec<T>>> {
        let db = self.db.clone();
        let mut question = db.question(sql);
        loop {
            let (text, args) = question.asked();
            let asked = self.ask(deadline, async |lent| {
                if !grant_again(lent, deadline).await? {
                    return Ok(Looked::Interrupted);
                }
                in_time(sqlx::query_as_with(AssertSqlSafe(text), args).fetch_all(&mut **lent).await)
            });
            match asked.await {
                Ok(looked) => return Ok(looked),
                Err(error) => question.failed(error).await?,
            }
        }
    }

    pub(super) async fn for_each<T: FromRow>(
        &mut self,
        sql: Sql,
        deadline: Instant,
        mut each: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<Looked<()>> {
        let db = self.db.clone();
        let mut question = db.question(sql);
        loop {
            let (text, args) = question.asked();
            // Not only as far as it is read: what a server has begun to send must be taken, so it sends in parts.
            let declare = format!("DECLARE {CURSOR} NO SCROLL CURSOR FOR {text}");
            let asked = self.ask(deadline, async |lent| {
                // Before the transaction: what is granted within it goes with it.
                if !grant_again(lent, deadline).await? {
                    return Ok(Looked::Interrupted);
                }
                let granted = lent.known().take();
                let Looked::Whole(mut tx) = in_time(lent.begin().await)? else { return Ok(Looked::Interrupted) };
                let declared = sqlx::query_with(AssertSqlSafe(declare), args).execute(&mut *tx).await;
                if matches!(in_time(declared)?, Looked::Interrupted) {
                    return Ok(Looked::Interrupted);
                }
                let granted = match hand_over(&mut tx, granted, deadline, &mut each).await? {
                    Looked::Whole(granted) => granted,
                    Looked::Interrupted => return Ok(Looked::Interrupted),
                };
                // If there was no time for that, the rows are no less whole.
                if matches!(in_time(tx.commit().await)?, Looked::Whole(())) {
                    *lent.known() = granted;
                }
                Ok(Looked::Whole(()))
            });
            match asked.await {
                Ok(looked) => return Ok(looked),
                // What is not as it was is told before the first row.
                Err(error) => question.failed(error).await?,
            }
        }
    }

    pub(super) fn done(self) {
        if let Some(lent) = self.lent {
            lent.keep();
        }
    }

    /// Asks something that the server itself is to end at its time; if it does not, its connection is given up.
    async fn ask<T>(
        &mut self,
        deadline: Instant,
        ask: impl AsyncFnOnce(&mut Lent) -> Result<Looked<T>>,
    ) -> Result<Looked<T>> {
        let lent = match &mut self.lent {
            Some(lent) => lent,
            none => none.insert(self.db.looks().take(|_| true).await.map_err(explain)?),
        };
        if let Ok(answer) = tokio::time::timeout_at((deadline + GRACE).into(), ask(lent)).await {
            return answer;
        }
        self.lent = None;
        Ok(Looked::Interrupted)
    }
}

/// The name of the cursor that a server sends rows through, in parts.
pub const CURSOR: &str = "daybook_rows";

/// How many rows each part has: few at first, since whoever asks may have enough soon.
pub fn parts() -> impl Iterator<Item = usize> {
    [200, 500].into_iter().chain(std::iter::repeat(1_000))
}

/// The next part.
pub async fn fetch<T: FromRow>(connection: &mut PgConnection, part: usize) -> sqlx::Result<Vec<T>> {
    let text = format!("FETCH {part} FROM {CURSOR}");
    // Not kept: what it brings is another cursor's the next time.
    sqlx::query_as(AssertSqlSafe(text)).persistent(false).fetch_all(connection).await
}

/// Hands over the cursor's rows until it is enough; what the server was granted last.
async fn hand_over<T: FromRow>(
    tx: &mut Transaction<'_, Postgres>,
    mut granted: Granted,
    deadline: Instant,
    each: &mut impl FnMut(T) -> ControlFlow<()>,
) -> Result<Looked<Granted>> {
    for part in parts() {
        if !grant(tx, &mut granted, deadline).await? {
            return Ok(Looked::Interrupted);
        }
        let Looked::Whole(rows) = in_time(fetch(tx, part).await)? else { return Ok(Looked::Interrupted) };
        let last = rows.len() < part;
        if rows.into_iter().any(|row| each(row).is_break()) || last {
            break;
        }
    }
    Ok(Looked::Whole(granted))
}

/// Tells the server how long the next statement may take, outside a transaction; false where no time is left.
async fn grant_again(lent: &mut Lent, deadline: Instant) -> Result<bool> {
    const TRIES: u32 = 5;
    for _ in 0..TRIES {
        let mut granted = lent.known().take();
        let told = grant(lent, &mut granted, deadline).await?;
        *lent.known() = granted;
        if told {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Tells the server how long the next statement may take; false where no time is left, or telling took too long.
async fn grant(connection: &mut PgConnection, granted: &mut Granted, deadline: Instant) -> Result<bool> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(false);
    }
    if fits(*granted, left) {
        return Ok(true);
    }
    let time = left.max(LEAST);
    let told = sqlx::query("SELECT set_config('statement_timeout', $1, false)")
        .bind(format!("{}ms", time.as_millis()))
        .execute(connection)
        .await;
    let told = matches!(in_time(told)?, Looked::Whole(_));
    if told {
        *granted = Some(time);
    }
    Ok(told)
}

/// Whether a statement that has so much time left need not be granted it anew.
fn fits(granted: Granted, left: Duration) -> bool {
    granted.is_some_and(|granted| granted <= left + SLACK && granted * 2 >= left)
}
