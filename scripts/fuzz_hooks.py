"""What schemathesis does not know by itself: lines of JSON, for scripts/fuzz-api."""

import itertools
import json
import os

import schemathesis
from hypothesis import strategies as st

TEXT = st.text(max_size=70)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"action_type": TEXT, "area": TEXT, "description": TEXT},
        optional={
            "id": st.uuids().map(str) | TEXT,
            "timestamp": st.datetimes().map(lambda at: at.isoformat() + "Z") | TEXT,
            "member_id": st.none() | st.uuids().map(str),
            "status": st.none() | TEXT,
            "error_detail": st.none() | TEXT,
            "extra": st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXT, st.lists),
        },
    ),
    min_size=1,
    max_size=20,
)


def lines(entries):
    return "".join(json.dumps(entry) + "\n" for entry in entries)


TOKENS = itertools.cycle(os.environ["DAYBOOK_TOKENS"].split())


@schemathesis.hook
def before_call(_, case, kwargs):
    case.headers["Authorization"] = f"Bearer {next(TOKENS)}"


# Some of them are read differently by Daybook and by Python (NaN, half pairs): those are to be refused, and are.
schemathesis.openapi.format("ndjson", ENTRIES.map(lines))


@schemathesis.serializer("application/x-ndjson")
def as_lines(_, value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")
