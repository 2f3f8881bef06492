"""Ask an interpreter what it is and what it can import, without running code of the repository."""

from __future__ import annotations

import json
from pathlib import Path

from packaging.utils import canonicalize_name
from pydantic import BaseModel

from genesis_engineering.verification.child import run_child
from genesis_engineering.verification.limits import Limits

_SECONDS = 30.0
# Runs in the other interpreter. The current folder leaves the search path, so that what is found
# is what is installed there.
_PROBE = """
import json, sys
sys.path[:] = [entry for entry in sys.path if entry]
import importlib.machinery, importlib.metadata, importlib.util
def origin(name):
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or [])
    return spec.origin or (places[0] if places else None)
print(json.dumps({
    "version": ".".join(str(part) for part in sys.version_info[:3]),
    "distributions": sorted(
        {str(d.metadata["Name"]) for d in importlib.metadata.distributions() if d.metadata}
    ),
    "origins": {name: origin(name) for name in sys.argv[1:]},
}))
"""


class Probe(BaseModel):
    """An interpreter's version, distributions (canonical names), and where modules come from."""

    version: str
    distributions: frozenset[str]
    origins: dict[str, str | None]


def probe_interpreter(
    python: Path, modules: list[str], folder: Path, environment: dict[str, str], temporary: Path
) -> Probe | None:
    """Start the interpreter once; None when it does not work or is older than Python 3.8.

    It may be any program that a repository brings along: it runs under limits, like the tests.
    """
    try:
        answer = run_child(
            [str(python), "-c", _PROBE, *modules],
            folder=folder,
            environment=environment,
            temporary=temporary,
            limits=Limits(seconds=_SECONDS),
            on_tick=lambda: None,
        )
        told = [line for line in answer.output.splitlines() if line.startswith('{"version"')]
        values = json.loads(told[-1])
        values["distributions"] = [canonicalize_name(name) for name in values["distributions"]]
        return Probe.model_validate(values)
    except (OSError, IndexError, ValueError, TypeError, KeyError):
        return None
