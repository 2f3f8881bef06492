"""What schemathesis loads before it runs: what a cron expression is, which no pattern can say, and
that no two of its requests have the same key.

It would use `0` again and again, and a key that comes again with another request is refused on
purpose, although nothing in that request is wrong.
"""

from __future__ import annotations

import itertools
import os

import schemathesis
from hypothesis import strategies as st

KEY = "Idempotency-Key"
_numbers = itertools.count()


def field(least: int, most: int) -> st.SearchStrategy[str]:
    """A field of a cron expression: everything, a number, a range, a list, or steps."""
    number = st.integers(least, most)
    ends = st.tuples(number, number).map(sorted)
    return st.one_of(
        st.just("*"),
        number.map(str),
        ends.map(lambda pair: "{}-{}".format(*pair)),
        st.lists(number, min_size=1, max_size=3).map(lambda several: ",".join(map(str, several))),
        st.integers(1, most).map(lambda step: f"*/{step}"),
    )


# Every month has a day up to the 28th.
schemathesis.openapi.format(
    "cron",
    st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map(" ".join),
)


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, object]
) -> None:
    """Let a key that could be one be a new one."""
    key = case.headers.get(KEY) if case.headers else None
    if isinstance(key, str) and key.isascii() and key.isprintable() and 0 < len(key) < 200:
        case.headers[KEY] = f"{key.replace(' ', '')}.{os.getpid()}.{next(_numbers)}"
