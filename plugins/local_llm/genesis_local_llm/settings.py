"""The settings `[plugins.local_llm]`."""

from __future__ import annotations

import ipaddress
from typing import Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator


class LocalLlmSettings(BaseModel):
    """Where Ollama is and how it is used.

    `host` is on this machine unless `remote` says that conversations may leave it. `model` is a
    name of `ollama list` (None: the newest that can chat). `context` is the size of the context in
    tokens and `keep_alive` how long the model stays in memory after an answer (`10m`, `0s`, `-1s`
    for ever); None leaves both to Ollama. `timeout` is in seconds: how long it may be silent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "http://127.0.0.1:11434"
    remote: bool = False
    model: str | None = Field(default=None, min_length=1, max_length=500)
    context: int | None = Field(default=None, ge=512, le=10_000_000)
    keep_alive: str | None = Field(default=None, pattern=r"^-?\d{1,9}(ms|s|m|h)$")
    timeout: float = Field(default=300.0, gt=0, le=86_400)

    @property
    def on_this_machine(self) -> bool:
        """Whether the host is a loopback address."""
        return _is_loopback(urlsplit(self.host).hostname or "")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not _is_address(self.host):
            raise ValueError("host: write it as http://127.0.0.1:11434, with the port")
        if not self.on_this_machine and not self.remote:
            raise ValueError(
                "host is not this machine, and conversations would leave it; `remote = true` "
                "allows that"
            )
        return self


def _is_address(host: str) -> bool:
    """Whether it names protocol, machine and port, and neither a user nor a page."""
    try:
        parts: SplitResult = urlsplit(host)
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in ("http", "https") and parts.hostname and port
    return bool(known) and "@" not in parts.netloc and not (parts.query or parts.fragment)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
