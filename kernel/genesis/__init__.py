"""Genesis: a small kernel for AI agents that live on your own machine around the clock.

Names are resolved on first use, so that `import genesis` imports no heavy library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesis import hookspecs
    from genesis.host.hooks import hook, implements
    from genesis.host.plugin import NoSettings, Plugin, PluginContext
    from genesis.kernel import Kernel
    from genesis.mind import Mind
    from genesis.minds.concerns import Concern, Concerns
    from genesis.minds.conversation import ConversationManager
    from genesis.minds.memory import MemoryManager
    from genesis.minds.memory_record import Memory, MemoryType
    from genesis.sessions.specialist_files import read_specialist, read_specialists

__version__ = "0.1.0"
__all__ = [
    "Concern",
    "Concerns",
    "ConversationManager",
    "Kernel",
    "Memory",
    "MemoryManager",
    "MemoryType",
    "Mind",
    "NoSettings",
    "Plugin",
    "PluginContext",
    "__version__",
    "hook",
    "hookspecs",
    "implements",
    "read_specialist",
    "read_specialists",
]

_MODULES = {
    "Concern": "genesis.minds.concerns",
    "Concerns": "genesis.minds.concerns",
    "ConversationManager": "genesis.minds.conversation",
    "Kernel": "genesis.kernel",
    "Memory": "genesis.minds.memory_record",
    "MemoryManager": "genesis.minds.memory",
    "MemoryType": "genesis.minds.memory_record",
    "Mind": "genesis.mind",
    "NoSettings": "genesis.host.plugin",
    "Plugin": "genesis.host.plugin",
    "PluginContext": "genesis.host.plugin",
    "hook": "genesis.host.hooks",
    "implements": "genesis.host.hooks",
    "read_specialist": "genesis.sessions.specialist_files",
    "read_specialists": "genesis.sessions.specialist_files",
}


def __getattr__(name: str) -> object:
    if name == "hookspecs":
        return importlib.import_module("genesis.hookspecs")
    if name not in _MODULES:
        raise AttributeError(f"module 'genesis' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
