"""What schemathesis loads before it runs: no two of its requests have the same key.

It would use `0` again and again, and a key that comes again with another request is refused on
purpose, although nothing in that request is wrong.
"""

from __future__ import annotations

import itertools
import os

import schemathesis

KEY = "Idempotency-Key"
_numbers = itertools.count()


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, object]
) -> None:
    """Let a key that could be one be a new one."""
    key = case.headers.get(KEY) if case.headers else None
    if isinstance(key, str) and key.isascii() and key.isprintable() and 0 < len(key) < 200:
        case.headers[KEY] = f"{key.replace(' ', '')}.{os.getpid()}.{next(_numbers)}"
