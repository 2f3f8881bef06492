"""Names of the ASGI types, as starlette spells them, and reading the headers of a request."""

from __future__ import annotations

from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ASGIApp", "Headers", "Message", "Receive", "Scope", "Send", "header", "shown_path"]

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


def header(scope: Scope, name: bytes) -> list[bytes]:
    """The values of every header of that name, which is in small letters."""
    return [value for key, value in scope["headers"] if key == name]


def shown_path(scope: Scope) -> str:
    """The path as it came, percent-encoded, to be shown in logs and problems."""
    raw: bytes = scope["raw_path"]
    return raw[:200].decode("ascii", "backslashreplace")
