"""Measures a release build of Daybook and prints a report in Markdown; `scripts/bench` builds first and calls this.

Every figure of a page is taken from `daybook serve`, the product itself, signed in, over loopback. Two comparisons come
from `examples/bench_server.rs`, the same server with more routes: a constant page, and the statements a page ran.
Rounds of both alternate, so that whatever else the machine does falls on both; a figure is the median of its rounds.
"""

import argparse
import collections
import datetime
import gzip
import html
import http.client
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

import bench_ingest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release")
DAYBOOK = os.path.join(RELEASE, "daybook")
BENCH_SERVER = os.path.join(RELEASE, "examples", "bench_server")
EMAIL, PASSWORD = "bench@example.org", "measured twice and cut once"
MILLION = 1_000_000
# How many entries those members have whose pages are measured.
BUSY, QUIET = 2_000, 20
# What runs beside a page, not for it: the staff's log is written behind it, and the index is built in the background.
BESIDE = re.compile(r"BEGIN|COMMIT|ROLLBACK|INSERT|UPDATE|PRAGMA")

ENTRY = r'href="(/logs/[0-9a-f]{8}-[0-9a-f-]{27})'

# The targets, in milliseconds, shares and bytes.
PAGE_MS, STORY_MS, OWN_QUERIES, OF_CONSTANT = 2.0, 10.0, 4.0, 0.60
WORD_MS = {"sqlite": 10.0, "postgres": 80.0}
DAY_MS, ALL_TIME_MS = 20.0, {"sqlite": 100.0, "postgres": 300.0}
GROWTH, RSS_ANON_MB, FIRST_LOAD, LATER_LOAD = 1.5, 64.0, 40_000, 12_000


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, text=None):
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Database:
    """A database by its address."""

    def __init__(self, url):
        self.url = url
        self.kind = "sqlite" if url.startswith("sqlite:") else "postgres"

    @classmethod
    def seeded(cls, folder, entries):
        """The embedded one of so many entries that ends today, made where it is not there."""
        file = os.path.join(os.path.abspath(folder), f"{entries // MILLION}m.db")
        fresh = time.time() - 12 * 3600
        if os.path.exists(file) and os.path.getmtime(file) < fresh:
            sys.exit(f"{file} is from another day, and the last 24 hours would be empty: remove it to have it made anew")
        database = cls(f"sqlite://{file}")
        if not os.path.exists(file):
            os.makedirs(folder, exist_ok=True)
            say(f"seeding {entries:,} entries into {file}")
            begun = time.monotonic()
            run(DAYBOOK, "seed", "--entries", str(entries), "--database", database.url)
            database.seeding = time.monotonic() - begun
        return database

    seeding = None

    def account(self):
        known = EMAIL in run(DAYBOOK, "staff", "list", "--database", self.url)
        change = ["reset-password", EMAIL] if known else ["add", EMAIL, "--role", "support"]
        run(DAYBOOK, "staff", *change, "--password-stdin", "--database", self.url, text=PASSWORD + "\n")


class Server:
    """A server that listens, and somebody who is signed in to it."""

    def __init__(self, program, database, *more):
        command = [program, *more, "--database", database.url, "--listen", "127.0.0.1:0", "--log", "error"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                break
        else:
            sys.exit(f"{program} did not listen")
        self.base = line.split()[-1]
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.base).netloc, timeout=600)
        self.cookies = {}
        self.sign_in()

    def request(self, method, path, body=None, headers=None):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for last in [False, True]:
            try:
                self.connection.request(method, path, body, {"Cookie": cookie, **(headers or {})})
                answer = self.connection.getresponse()
                break
            except ConnectionError:
                # It was idle for too long.
                self.connection.close()
                if last:
                    raise
        for line in answer.headers.get_all("set-cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer, answer.read()

    def sign_in(self):
        _, form = self.request("GET", "/login")
        token = re.search(rb'name="csrf_token" value="([^"]+)"', form).group(1).decode()
        fields = {"csrf_token": token, "email": EMAIL, "password": PASSWORD, "next": "/logs"}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer, _ = self.request("POST", "/login", urllib.parse.urlencode(fields), kind)
        if answer.status != 303:
            sys.exit(f"signing in was answered with {answer.status}")

    def page(self, path):
        answer, body = self.request("GET", path)
        if answer.status != 200:
            sys.exit(f"{path} was answered with {answer.status}")
        return body.decode()

    def wrk(self, path, clients, seconds, encoding="identity"):
        """The median in milliseconds, and requests a second."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        command = ["wrk", "--latency", "-t1", f"-c{clients}", f"-d{seconds}s", "-H", f"Cookie: {cookie}", "-H", f"Accept-Encoding: {encoding}"]
        report = run(*command, self.base + path)
        if "Non-2xx" in report or "Socket errors" in report:
            sys.exit(f"{path} failed under load:\n{report}")
        median = re.search(r"50%\s+([\d.]+)(us|ms|s)", report)
        scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[median.group(2)]
        return float(median.group(1)) * scale, float(re.search(r"Requests/sec:\s+([\d.]+)", report).group(1))

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Memory:
    """The most anonymous memory of a process in each phase, looked up every 20 ms."""

    def __init__(self, pid):
        self.pid, self.phase, self.most, self.ended = pid, "at rest", collections.OrderedDict(), False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended:
            try:
                with open(f"/proc/{self.pid}/status") as status:
                    had = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
            except (OSError, StopIteration):
                return
            self.most[self.phase] = max(self.most.get(self.phase, 0), had / 1024)
            time.sleep(0.02)

    def stop(self):
        self.ended = True
        self.thread.join()


def links(page, pattern):
    return [html.unescape(link) for link in re.findall(pattern, page)]


def people(server):
    """Members among the newest entries who have about so many entries as `BUSY` and `QUIET` say: who happens to come last has
    many in one log and few in another, and growth would be theirs."""
    path, met = "/logs?range=all&limit=200", []
    while len(met) < 150:
        page = server.page(path)
        met += [member for member in links(page, r"/members/([0-9a-f-]{36})") if member not in met]
        path = html.unescape(re.search(r'href="([^"]+)"', links(page, r'<(?:a|link)[^>]*rel="next"[^>]*>')[0]).group(1))
    entries = {}
    for member in met:
        count = re.search(r'id="count">(?:<span[^>]*>)?<strong>([\d,]+)</strong>', server.page(f"/logs?range=all&limit=25&member={member}"))
        if count:
            entries[member] = int(count.group(1).replace(",", ""))
    return {n: min(entries, key=lambda member: abs(entries[member] - n)) for n in (BUSY, QUIET)}


def choose(server, words):
    """What to ask for, out of what the log holds: a name and a path for each page."""
    member = people(server)[BUSY]
    entry = links(server.page(f"/logs?range=all&member={member}"), ENTRY)[0]
    path = "/logs?range=all"
    say("walking to page 1,000")
    for _ in range(999):
        path = links(server.page(path), r'<(?:a|link)[^>]*rel="next"[^>]*>')[0]
        path = html.unescape(re.search(r'href="([^"]+)"', path).group(1))
    month = datetime.date.today() - datetime.timedelta(days=90)
    range_ = f"from={month}&to={month + datetime.timedelta(days=30)}"
    pages = {
        "first page": "/logs",
        "first page, all time": "/logs?range=all",
        "one member": f"/logs?range=all&member={member}",
        "one status": "/logs?range=all&status=error",
        "action with range": f"/logs?action_type=booking_created&{range_}",
        "action + status, no match": no_match(server),
        "page 1,000": path,
        "an entry": entry,
    }
    return pages, {f"{name} word": f"/logs?range=all&q={word}" for name, word in words.items()}


def choose_story(server):
    """What somebody on the phone is looked up by, and what is read about them."""
    met = people(server)
    busy, quiet = met[BUSY], met[QUIET]
    errors = links(server.page("/logs?range=all&status=error"), ENTRY)
    error = next(entry for entry in errors if "/members/" in server.page(entry))
    return {
        "a busy member": f"/members/{busy}",
        "a quiet member": f"/members/{quiet}",
        "an error and what surrounds it": error,
        "find by the beginning of an e-mail": "/find?q=ma",
        "find by a name": "/find?q=mar+",
        "find what is not there": "/find?q=nobody@nowhere.example",
    }


def charge(server):
    """The number of a charge that was declined: it stands in one entry."""
    declined = server.page("/logs?range=all&q=CardDeclined")
    return re.search(r"ch_[0-9a-f]{12}", server.page(links(declined, ENTRY)[-1])).group()


def no_match(server):
    for action in ["message_read", "page_visit", "logout", "contract_signed", "account_claimed", "login"]:
        for status in ["error", "warning"]:
            path = f"/logs?range=all&action_type={action}&status={status}"
            # Without its index a server may find none in time, and says so instead.
            if re.search('class="empty"|So far no', server.page(path)):
                return path
    sys.exit("every action has every status here: nothing matches nothing")


def own_queries(server, path, times=40):
    """The median of what the statements of one request take together, in milliseconds, and how many they are."""
    sums, counts = [], []
    for _ in range(times):
        server.request("GET", "/bench/statements")
        server.page(path)
        _, ran = server.request("GET", "/bench/statements")
        took = [line.split("\t", 1) for line in ran.decode().splitlines()]
        took = [float(micros) for micros, statement in took if not BESIDE.match(statement)]
        sums.append(sum(took) / 1000)
        counts.append(len(took))
    return statistics.median(sums), round(statistics.median(counts))


def measure(servers, paths, args, clients=True):
    """Medians over rounds, pages and the constant in turns: {name: (ms, own ms, statements, requests/s, share)}."""
    product, constant, counting = servers
    rounds = {name: ([], [], [], []) for name in paths}
    statements = {}
    for at in range(args.rounds):
        say(f"round {at + 1} of {args.rounds}")
        for name, path in paths.items():
            ms, own, rate, share = rounds[name]
            ms.append(product.wrk(path, 1, args.seconds)[0])
            took, statements[name] = own_queries(counting, path)
            own.append(took)
            if clients:
                many = product.wrk(path, 16, args.seconds)[1]
                at_most = constant.wrk("/bench/constant", 16, args.seconds)[1]
                rate.append(many)
                share.append(many / at_most)
    middle = lambda figures: statistics.median(figures) if figures else 0.0
    return {
        name: (middle(ms), middle(own), statements[name], middle(rate), middle(share))
        for name, (ms, own, rate, share) in rounds.items()
    }


def bare_rows(constant, args):
    """Sixteen clients a second of fifty rows read in one plain statement and not shown, and what part of the constant that is."""
    rates, shares = [], []
    for _ in range(args.rounds):
        rates.append(constant.wrk("/bench/rows", 16, args.seconds)[1])
        shares.append(rates[-1] / constant.wrk("/bench/constant", 16, args.seconds)[1])
    return statistics.median(rates), statistics.median(shares)


def weight(server, path):
    """Bytes on the wire, heads included: what the first load needs, then a page and a fragment after that."""
    _, page, size = on_the_wire(server, path)
    needs = links(page, r'(?:href|src)="(/static/[^"#]+)')
    overview = links(page, r'hx-get="(/logs/overview[^"]*)"')
    parts = {path: size}
    for static in dict.fromkeys(needs):
        parts[static] = on_the_wire(server, static)[2]
    htmx = {"HX-Request": "true", "HX-Current-URL": server.base + path}
    bars = sum(on_the_wire(server, link, htmx)[2] for link in overview[:1])
    fragment = on_the_wire(server, path + "?range=7d", {**htmx, "HX-Trigger": "filters"})[2]
    first = sum(parts.values()) + bars
    return first, size + bars, fragment + bars, {**parts, "overview": bars}


def on_the_wire(server, path, headers=None):
    host, port = server.base.removeprefix("http://").split(":")
    cookie = "; ".join(f"{name}={value}" for name, value in server.cookies.items())
    head = {"Host": host, "Cookie": cookie, "Accept-Encoding": "gzip, br", "Connection": "close", **(headers or {})}
    for encoding in ["gzip, br", "gzip"]:
        head["Accept-Encoding"] = encoding
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
            raw = b"".join(iter(lambda: wire.recv(65536), b""))
        if encoding == "gzip, br":
            size = len(raw)
    top, _, body = raw.partition(b"\r\n\r\n")
    if b"chunked" in top.lower():
        whole, rest = b"", body
        while rest:
            length, _, rest = rest.partition(b"\r\n")
            length = int(length, 16)
            whole, rest = whole + rest[:length], rest[length + 2 :]
        body = whole
    if b"content-encoding: gzip" in top.lower():
        body = gzip.decompress(body)
    return top, body.decode(errors="replace"), size


def export(server, path):
    """Takes a file to its end: seconds, and lines."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.base).netloc, timeout=600)
    cookie = "; ".join(f"{name}={value}" for name, value in server.cookies.items())
    begun = time.monotonic()
    connection.request("GET", path, headers={"Cookie": cookie})
    answer, lines = connection.getresponse(), 0
    while piece := answer.read(1 << 20):
        lines += piece.count(b"\n")
    return time.monotonic() - begun, lines


def together(*jobs):
    results = [None] * len(jobs)

    def work(at, job):
        results[at] = job()

    threads = [threading.Thread(target=work, args=job) for job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def mark(good):
    return "" if good else " ✗"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def report(database, entries, args, exports=True):
    """Measures one database and prints its tables; the medians of its pages, for growth."""
    database.account()
    product = Server(DAYBOOK, database, "serve")
    memory = Memory(product.process.pid)
    constant, counting = Server(BENCH_SERVER, database), Server(BENCH_SERVER, database, "--statements")
    servers = (product, constant, counting)
    try:
        time.sleep(1)
        if 'class="empty"' in product.page("/logs?range=24h"):
            say("there are no entries in the last 24 hours: figures of today's page are of an empty one")
        memory.phase = "choosing"
        rare = args.rare or charge(product)
        pages, words = choose(product, {"rare": rare, "absent": args.absent, "common": args.common})
        print(f"### {entries}\n")
        medians = {}
        if "pages" in args.only:
            memory.phase = "pages"
            figures = measure(servers, pages, args)
            medians.update({name: row[0] for name, row in figures.items()})
            table(
                ["page", "median, ms", "its own queries, ms", "ratio", "at 16 clients, /s", "of a constant 30 KB"],
                [
                    [
                        name,
                        f"{ms:.2f}{mark(ms < PAGE_MS)}",
                        f"{own:.2f} ({count})",
                        f"{ms / own:.1f}{mark(ms <= OWN_QUERIES * own)}",
                        f"{rate:,.0f}",
                        f"{share:.0%}{mark(share >= OF_CONSTANT)}",
                    ]
                    for name, (ms, own, count, rate, share) in figures.items()
                ],
            )
            rate, share = bare_rows(constant, args)
            print(f"Fifty rows read in one plain statement, then the constant: {rate:,.0f} a second, {share:.0%} of it.\n")
        if "story" in args.only:
            memory.phase = "story"
            figures = measure(servers, choose_story(product), args, clients=False)
            medians.update({name: row[0] for name, row in figures.items()})
            table(
                ["on the phone", "median, ms", "its own queries, ms", "ratio"],
                [
                    [
                        name,
                        f"{ms:.2f}{mark(ms < STORY_MS)}",
                        f"{own:.2f} ({count})",
                        f"{ms / own:.1f}{mark(ms <= OWN_QUERIES * own)}",
                    ]
                    for name, (ms, own, count, *_) in figures.items()
                ],
            )
        if "words" in args.only:
            memory.phase = "words"
            figures = measure(servers, words, args, clients=False)
            medians.update({name: row[0] for name, row in figures.items()})
            most = WORD_MS[database.kind]
            rows = [[name, f"{row[0]:.2f}{mark(row[0] < most)}", f"{row[1]:.2f}"] for name, row in figures.items()]
            print(f"Rare is “{rare}”, absent “{args.absent}”, common “{args.common}”.\n")
            table(["search", "median, ms", "its own queries, ms"], rows)
        if "overview" in args.only:
            memory.phase = "overview"
            paths = {"overview, 24 hours": "/logs/overview?range=24h", "overview, all time": "/logs/overview?range=all"}
            figures = measure(servers, paths, args, clients=False)
            most = dict(zip(paths, [DAY_MS, ALL_TIME_MS[database.kind]]))
            medians["overview, 24 hours"] = figures["overview, 24 hours"][0]
            rows = [[name, f"{r[0]:.2f}{mark(r[0] < most[name])}", f"{r[1]:.2f}"] for name, r in figures.items()]
            table(["overview", "median, ms", "its own queries, ms"], rows)
        if "slow" in args.only:
            memory.phase = "slow filters"
            slow(product)
        if "weight" in args.only:
            memory.phase = "weight"
            first, later, fragment, parts = weight(product, "/logs")
            table(
                ["over the wire, compressed, heads included", "bytes"],
                [
                    ["list page, first load with everything it needs", f"{first:,}{mark(first < FIRST_LOAD)}"],
                    ["list page after that, with its overview", f"{later:,}{mark(later < LATER_LOAD)}"],
                    ["another filter, with its overview", f"{fragment:,}{mark(fragment < LATER_LOAD)}"],
                    *[[f"of it {name}", f"{size:,}"] for name, size in parts.items()],
                ],
            )
        if "memory" in args.only:
            if exports:
                memory.phase = "two exports of everything at once"
                took = together(
                    lambda: export(product, "/logs/export.csv"),
                    lambda: export(product, "/logs/export.ndjson"),
                )
                for (seconds, lines), kind in zip(took, ["CSV", "NDJSON"]):
                    print(f"Export as {kind}, two at once: {lines:,} lines in {seconds:.1f} s.")
            memory.phase = "exports of a search"
            for query in ["q=" + args.absent, "q=" + rare]:
                seconds, lines = export(product, "/logs/export.ndjson?" + query)
                print(f"Export of {query}: {lines:,} lines in {seconds * 1000:.0f} ms.")
            print()
            memory.phase = "16 clients, compressed"
            product.wrk("/logs", 16, args.seconds, "br, gzip")
            memory.phase = "afterwards"
            time.sleep(1)
            rows = [[phase, f"{most:.1f}{mark(most < RSS_ANON_MB)}"] for phase, most in memory.most.items()]
            table(["the server's RssAnon, at most", "MB"], rows)
        return medians
    finally:
        memory.stop()
        for server in servers:
            server.stop()


SLOW = {
    "an address block": "ip=203.0.113.0/24",
    "an address block with a rare status": "ip=203.0.113.0/24&status=error",
    "an area branch with a rare status": "area=members/*&status=degraded",
    "an area branch, a rare status, an action": "area=members/*&status=warning&action_type=login",
    "a browser that nobody has": "user_agent=zyzzyva",
    "a value that is nowhere": "extra.service_type=zyzzyva",
    "an absent word": "q=zyzzyva",
    "two letters that are nowhere": "q=%C3%9F%C3%9F",
    "two common words that never meet": "q=opened+declined",
    "a common word and a rare status": "q=opened&status=error",
}


def slow(server):
    """Filters chosen to be slow: each within its budget, and honest about how far it came."""
    rows = []
    for name, query in SLOW.items():
        took = []
        for _ in range(5):
            begun = time.monotonic()
            page = server.page(f"/logs?range=all&{query}")
            took.append((time.monotonic() - begun) * 1000)
        said = re.search(r'id="count"[^>]*>(.*?)</p>', page, re.S)
        said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said.group(1) if said else "")).split())
        rows.append([name, f"{statistics.median(took):.0f}", f"{max(took):.0f}", said[:90]])
    table(["filter chosen to be slow", "median, ms", "at most, ms", "what the page says"], rows)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--ten", action="store_true", help="ten million entries as well, and how much slower they are")
    parser.add_argument("--keep", metavar="DIR", default=os.path.join(RELEASE, "bench"), help="where the databases are")
    parser.add_argument("--database", metavar="URL", help="measure this database instead, as it is")
    parser.add_argument("--larger", metavar="URL", help="with --database: the one of ten times as many entries")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--only", default="pages,story,words,overview,slow,weight,memory,ingest", help="parts, with commas between")
    parser.add_argument("--rare", help="a word that few entries hold; the number of a charge unless said")
    parser.add_argument("--absent", default="zyzzyva", help="a word that none holds")
    parser.add_argument("--common", default="opened", help="a word that most hold")
    parser.add_argument("--ingest-rows", type=int, default=MILLION, help="how many entries are loaded by the part ingest")
    parser.add_argument("--server", metavar="URL", help="the part ingest also on this PostgreSQL server: postgresql://…/postgres")
    args = parser.parse_args()
    args.only = args.only.split(",")

    databases = {}
    if args.only == ["ingest"]:
        pass
    elif args.database:
        databases["As given"] = Database(args.database)
        if args.larger:
            databases["The larger one"] = Database(args.larger)
    else:
        for entries in [MILLION, 10 * MILLION] if args.ten else [MILLION]:
            databases[f"{entries:,} entries"] = Database.seeded(args.keep, entries)

    cores, today = os.cpu_count(), datetime.date.today()
    versions = ", ".join(run(*command).splitlines()[0] for command in [[DAYBOOK, "--version"], ["rustc", "--version"]])
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{today}, {cores} cores shared by server and clients, {platform.system()} {platform.release()}, {versions};")
    print(f"load of the machine at the start {load}. {args.rounds} rounds of {args.seconds} s; ✗ misses its target.\n")
    medians = [report(database, name, args, at == 0) for at, (name, database) in enumerate(databases.items())]
    for name, database in databases.items():
        if database.seeding:
            print(f"Seeding {name} took {database.seeding:.0f} s.\n")
    if "ingest" in args.only:
        os.makedirs(args.keep, exist_ok=True)
        for kind in ["sqlite", "postgres"] if args.server else ["sqlite"]:
            bench_ingest.measure(sys.modules[__name__], kind, args)
    if len(medians) == 2:
        small, large = medians
        rows = [[name, f"{large[name] / ms:.2f}{mark(large[name] <= GROWTH * ms)}"] for name, ms in small.items()]
        table(["from one to ten million entries", "times as long"], rows)


if __name__ == "__main__":
    main()
