-- Running totals: how many entries of each combination of action, status and area fell into each hour and each day of
-- UTC. Whoever writes entries only adds lines to `daybook_totals_delta`, so writers never wait for one another; a worker
-- adds them up each second. Readers add what waits there to what is added up already.

-- What combinations there are; cells name them by a number made of their text, so that no writer has to ask for it.
CREATE TABLE daybook.daybook_combinations (
    id          BIGINT NOT NULL PRIMARY KEY,
    action_type TEXT NOT NULL,
    status      TEXT NOT NULL,
    area        TEXT NOT NULL
);

CREATE TABLE daybook.daybook_totals_hour (
    hour        BIGINT NOT NULL, -- hours since 1970
    combination BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    PRIMARY KEY (hour, combination)
);

CREATE TABLE daybook.daybook_totals_day (
    day         BIGINT NOT NULL, -- days since 1970
    combination BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    PRIMARY KEY (day, combination)
);

CREATE TABLE daybook.daybook_totals_delta (
    hour        BIGINT NOT NULL,
    combination BIGINT NOT NULL,
    action_type TEXT NOT NULL,
    status      TEXT NOT NULL,
    area        TEXT NOT NULL,
    n           BIGINT NOT NULL
);

-- How far the job is that counts what stood before: of `last` hours `counted`, from the oldest on. `first` is the oldest.
CREATE TABLE daybook.daybook_totals_build (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    counted BIGINT NOT NULL,
    last    BIGINT NOT NULL,
    "first" BIGINT NOT NULL
);

CREATE FUNCTION daybook.combination(action_type text, status text, area text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || substr(md5(action_type || E'\x1f' || status || E'\x1f' || area), 1, 16))::bit(64)::bigint
$$;

-- None for a time without end, which is in no hour.
CREATE FUNCTION daybook.hour(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN isfinite(at) THEN floor(extract(epoch FROM at) / 3600)::bigint END
$$;

GRANT EXECUTE ON FUNCTION daybook.combination(text, text, text), daybook.hour(timestamptz) TO PUBLIC;

-- Called once a statement that inserts. It counts values as they are read, cut to what an index can hold. It runs as its owner, as whoever writes entries has no rights here.
CREATE FUNCTION daybook.note_totals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
BEGIN
    INSERT INTO daybook.daybook_totals_delta (hour, combination, action_type, status, area, n)
    SELECT f.hour, daybook.combination(f.action_type, f.status, f.area), f.action_type, f.status, f.area, count(*)
    FROM (SELECT daybook.hour("timestamp"::timestamptz) AS hour, left(coalesce(action_type::text, ''), 120) AS action_type,
                 left(coalesce(status::text, ''), 120) AS status, left(coalesce(area::text, ''), 500) AS area FROM fresh) AS f
    WHERE f.hour IS NOT NULL
    GROUP BY f.hour, f.action_type, f.status, f.area;
    RETURN NULL;
END
$$;
