-- Running totals: how many entries of each combination of action, status and area fell into each hour and each day of
-- UTC. The one insert path adds to them in the transaction of the insert; what stood before is added by a job in the
-- background. They are derived: whoever deletes entries one day subtracts here what went.

-- What combinations there are; cells name them by number, which keeps them small.
CREATE TABLE daybook_combinations (
    id          INTEGER NOT NULL PRIMARY KEY,
    action_type TEXT NOT NULL,
    status      TEXT NOT NULL,
    area        TEXT NOT NULL,
    UNIQUE (action_type, status, area)
) STRICT;

-- Time stands first: entries arrive at its end, and whoever sums reads a stretch of it.
CREATE TABLE daybook_totals_hour (
    hour        INTEGER NOT NULL, -- hours since 1970
    combination INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (hour, combination)
) STRICT, WITHOUT ROWID;

CREATE TABLE daybook_totals_day (
    day         INTEGER NOT NULL, -- days since 1970
    combination INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    PRIMARY KEY (day, combination)
) STRICT, WITHOUT ROWID;

-- How far the job is: entries up to `last` (by `seq`) stood before the totals did, and those up to `counted` are in
-- them by now. Every later entry is in them because it was inserted since.
CREATE TABLE daybook_totals_build (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    counted INTEGER NOT NULL,
    last    INTEGER NOT NULL
) STRICT;

INSERT INTO daybook_totals_build (one, counted, last) SELECT 1, 0, coalesce(max(seq), 0) FROM audit_logs;
