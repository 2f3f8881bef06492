"""Genesis: a small kernel for AI agents that live on your own machine around the clock.

Names are resolved on first use, so that `import genesis` imports no heavy library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesis.sessions.specialist_files import read_specialist, read_specialists

__version__ = "0.1.0"
__all__ = ["__version__", "read_specialist", "read_specialists"]

_HOMES = {
    "read_specialist": "genesis.sessions.specialist_files",
    "read_specialists": "genesis.sessions.specialist_files",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'genesis' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
