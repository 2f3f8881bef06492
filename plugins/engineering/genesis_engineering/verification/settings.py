"""The settings of the tool `run-tests`, from a task's parameters."""

from __future__ import annotations

import time
from dataclasses import dataclass

from genesis.contracts import ToolContext
from genesis.errors import UsageError
from pydantic import JsonValue

_RESERVE_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """`limit` is how many seconds suites may run, all together; `until` is when everything has to
    have ended (`time.monotonic`). `build` allows to install what a suite needs, into folders of the
    run; `pass_on` names variables of the user's environment that the tests get."""

    limit: float
    until: float
    build: bool
    pass_on: tuple[str, ...]

    def left(self, used: float) -> float:
        """How many seconds a suite may still run when others `used` so many; 0 for none."""
        return max(0.0, min(self.limit - used, self.until - time.monotonic()))


def read_settings(context: ToolContext) -> Settings:
    """Read `limit_seconds`, `build_environment` and `environment`. Raises UsageError naming the
    parameter that does not fit."""
    left = context.seconds_left
    available = max(left - _RESERVE_SECONDS, left / 2)
    limit = context.params.get("limit_seconds", available)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit <= 0:
        raise _wrong("limit_seconds", "a number above 0", limit)
    build = context.params.get("build_environment", False)
    if not isinstance(build, bool):
        raise _wrong("build_environment", "true or false", build)
    names = context.params.get("environment", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _wrong("environment", "a list of names of environment variables", names)
    # Some of the attempt's own time is kept to end the suites and to report.
    until = time.monotonic() + available
    return Settings(min(limit, available), until, build, tuple(str(name) for name in names))


def _wrong(name: str, wanted: str, value: JsonValue) -> UsageError:
    return UsageError(
        f"The parameter {name} of run-tests must be {wanted}, not {value!r}. "
        "Correct it in the task or in the specialist's settings."
    )
