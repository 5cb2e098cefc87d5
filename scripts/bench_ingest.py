"""How fast entries come in, as ratios of one run: called by scripts/bench.py for its part `ingest`."""

import contextlib
import json
import os
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time
import uuid

# The targets: an import takes at most twice as long as the database's own loader, and lines over HTTP come in at half
# the rate of an import or better.
IMPORT, LINES, TOGETHER = 2.0, 0.5, 1.0
COLUMNS = (
    "id, timestamp, member_id, member_email, action_type, area, description, status, booking_id, error_message, "
    "error_detail, ip_address, user_agent, extra"
)


def measure(bench, kind, args):
    """Measures one kind of database and prints its table."""
    rows = args.ingest_rows
    with tempfile.TemporaryDirectory(dir=args.keep) as folder, contextlib.ExitStack() as after:
        fresh = Fresh(bench, kind, folder, args, after)
        bench.say(f"making {rows:,} entries to be loaded")
        seeded = fresh.file("seeded")
        bench.run(bench.DAYBOOK, "seed", "--entries", str(rows), "--database", seeded)
        lines = os.path.join(folder, "entries.ndjson")
        bench.run(bench.DAYBOOK, "export", "--output", lines, "--database", seeded)
        loads, imports = [], []
        for _ in range(args.rounds):
            loads.append(fresh.load(seeded))
            imports.append(timed(bench, bench.DAYBOOK, "import", lines, "--database", fresh.empty()))
        load, whole = statistics.median(loads), statistics.median(imports)
        into = fresh.empty()
        token = fresh.token(into)
        server = bench.Server(bench.DAYBOOK, bench.Database(into), "serve")
        try:
            posted = fresh.post_lines(server, token, lines, min(rows, 200_000))
            one = commits(bench, server, token, 1, args.seconds)
            many = commits(bench, server, token, 16, args.seconds)
        finally:
            server.stop()
        own = synced(fresh.empty(), args.seconds) if kind == "sqlite" else None
        name = {"sqlite": "`sqlite3`", "postgres": "`COPY`"}[kind]
        print(f"### Entries coming in, {kind}: {rows:,} of {os.path.getsize(lines) / rows:.0f} bytes a line\n")
        mark = bench.mark
        table = [
            [f"{name} loads the rows into the same schema, indexes and triggers in place", f"{rows / load:,.0f} rows/s", ""],
            [
                "`daybook import` of the same, with the search index and the totals",
                f"{rows / whole:,.0f} rows/s",
                f"{whole / load:.2f} times as long{mark(whole <= IMPORT * load)}",
            ],
            [
                "batches of 1,000 lines over HTTP, one client",
                f"{posted:,.0f} rows/s",
                f"{posted * whole / rows:.0%} of the import{mark(posted >= LINES * rows / whole)}",
            ],
            ["single entries, one client", f"{one:,.0f} commits/s", ""],
            [
                "single entries, sixteen clients",
                f"{many:,.0f} acknowledged/s",
                f"{many / one:.1f} times one client{mark(many > TOGETHER * one)}",
            ],
        ]
        if own:
            name = "for comparison: synced commits of a program with the file to itself, without the search index"
            table.append([name, f"{own:,.0f} commits/s", f"sixteen clients: {many / own:.1f} times"])
        bench.table(["way in", "rate", "ratio"], table)


def timed(bench, *command, **how):
    begun = time.monotonic()
    bench.run(*command, **how)
    return time.monotonic() - begun


class Fresh:
    """Empty databases of one kind, and what is loaded into them."""

    def __init__(self, bench, kind, folder, args, after):
        self.bench, self.kind, self.folder, self.made = bench, kind, folder, 0
        self.server = args.server
        self.after = after

    def file(self, name):
        return f"sqlite://{self.folder}/{name}.db"

    def empty(self):
        """An own database with its whole schema and no entry."""
        self.made += 1
        if self.kind == "sqlite":
            url = self.file(f"empty-{self.made}")
        else:
            name = f"daybook_bench_{os.getpid()}_{self.made}"
            self.bench.run("psql", "-q", self.server, "-c", f"CREATE DATABASE {name}")
            self.after.callback(self.bench.run, "psql", "-q", self.server, "-c", f"DROP DATABASE {name} WITH (FORCE)")
            before, question, query = self.server.partition("?")
            url = before.rsplit("/", 1)[0] + f"/{name}" + question + query
        self.bench.run(self.bench.DAYBOOK, "migrate", "--database", url)
        return url

    def token(self, url):
        bench = self.bench
        bench.Database(url).account()
        make = ["token", "create", "bench", "--scope", "ingest", "--owner", bench.EMAIL]
        return bench.run(bench.DAYBOOK, *make, "--database", url).strip()

    def load(self, seeded):
        """Lets the database's own loader load the rows: seconds."""
        source = seeded.removeprefix("sqlite://")
        into = self.empty()
        if self.kind == "sqlite":
            script = os.path.join(self.folder, "rows.sql")
            if not os.path.exists(script):
                people = [f".mode insert {name}\nSELECT * FROM {name};" for name in ("members", "bookings", "audit_logs")]
                text = subprocess.run(["sqlite3", source], input="\n".join(people), text=True, capture_output=True, check=True)
                with open(script, "w") as out:
                    out.write("PRAGMA synchronous=FULL;\nPRAGMA foreign_keys=ON;\nBEGIN;\n")
                    out.write(text.stdout)
                    out.write("COMMIT;\n")
            with open(script) as rows:
                begun = time.monotonic()
                subprocess.run(["sqlite3", into.removeprefix("sqlite://")], stdin=rows, check=True)
                return time.monotonic() - begun
        seconds = 0.0
        for name, select, columns in [
            ("members", f"SELECT {dashed('id')}, email, name FROM members", "id, email, name"),
            ("bookings", f"SELECT {dashed('id')}, {dashed('member_id')}, service_type FROM bookings", "id, member_id, service_type"),
            ("audit_logs", None, COLUMNS),
        ]:
            rows = os.path.join(self.folder, f"{name}.csv")
            if not os.path.exists(rows):
                if select:
                    with open(rows, "w") as out:
                        subprocess.run(["sqlite3", "-csv", source, select], stdout=out, check=True)
                else:
                    self.bench.run("sh", "-c", 'sqlite3 -csv "$1" "$2" >"$3"', "sh", source, server_rows(), rows)
            copy = f"\\copy {name} ({columns}) FROM '{rows}' WITH (FORMAT csv)"
            seconds += timed(self.bench, "psql", "-q", into, "-v", "ON_ERROR_STOP=1", "-c", "SET search_path = public, daybook", "-c", copy)
        return seconds

    def post_lines(self, server, token, lines, rows):
        """Posts lines, a thousand at a time: rows a second. Members are not known here, so entries do without."""
        batches, batch = [], []
        with open(lines) as file:
            for line in file:
                # As text: Python reads numbers that it cannot write again.
                batch.append(re.sub(r'"(member_id|booking_id)":"[^"]*"', r'"\1":null', line.rstrip("\n"), count=2))
                if len(batch) == 1000:
                    batches.append("\n".join(batch).encode())
                    batch = []
                if len(batches) * 1000 >= rows:
                    break
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
        begun = time.monotonic()
        for body in batches:
            answer, said = server.request("POST", "/api/v1/logs", body, headers)
            if answer.status != 201:
                raise SystemExit(f"a batch was answered with {answer.status}: {said[:300]}")
        return len(batches) * 1000 / (time.monotonic() - begun)


def dashed(name):
    """A column of 16 bytes as text; NULL stays."""
    hexed = f"lower(hex({name}))"
    parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
    return " || '-' || ".join(f"substr({hexed}, {begin}, {length})" for begin, length in parts).join(
        (f"CASE WHEN {name} IS NULL THEN NULL ELSE ", " END")
    )


def server_rows():
    """The rows as PostgreSQL's COPY takes them."""
    at = "strftime('%Y-%m-%d %H:%M:%S', timestamp / 1000000, 'unixepoch') || printf('.%06d+00', timestamp % 1000000)"
    named = {"id": dashed("id"), "timestamp": at, "member_id": dashed("member_id"), "booking_id": dashed("booking_id")}
    return f"SELECT {', '.join(named.get(name, name) for name in COLUMNS.split(', '))} FROM audit_logs"


def commits(bench, server, token, clients, seconds):
    """Posts one entry at a time from so many clients: how many are acknowledged a second."""
    entry = json.dumps({"action_type": "page_visit", "area": "members/dashboard", "description": "Opened the dashboard"})
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(
            f"wrk.method = 'POST'\nwrk.body = '{entry}'\nwrk.headers['Content-Type'] = 'application/json'\n"
            f"wrk.headers['Authorization'] = 'Bearer {token}'\n"
        )
        script.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", script.name, server.base + "/api/v1/logs"]
        report = bench.run(*command)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    done = int(re.search(r"(\d+) requests in", report).group(1)) - int(refused.group(1) if refused else 0)
    return done / seconds


def synced(url, seconds):
    """A program that commits each row by itself into the same table, as durably: commits a second."""
    file = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
    file.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON")
    begun, done = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        row = (uuid.uuid4().bytes, time.time_ns() // 1000, "page_visit", "members/dashboard", "Opened the dashboard")
        file.execute("BEGIN IMMEDIATE")
        file.execute("INSERT INTO audit_logs (id, timestamp, action_type, area, description) VALUES (?, ?, ?, ?, ?)", row)
        file.execute("COMMIT")
        done += 1
    file.close()
    return done / seconds
