"""The limits of the server: sizes in bytes, times in seconds, numbers of things at once."""

from __future__ import annotations

BODY_BYTES = 1024 * 1024
BODY_SECONDS = 20.0
HEADER_BYTES = 32 * 1024
MOST_HEADERS = 100
TARGET_BYTES = 8 * 1024
"""A path and its query."""
HEADER_SECONDS = 10.0
MOST_CONNECTIONS = 512
MOST_STREAMS = 64
"""Streams of events that are open at once; each holds a connection for as long as it likes."""
KERNEL_THREADS = 32
PLUGIN_THREADS = 8
PLUGIN_SECONDS = 30.0
MOST_WAITING = 256
"""Calls that wait for a thread, of the kernel's endpoints or of one plugin's."""
KEY_HOURS = 24
"""How long an `Idempotency-Key` is remembered."""
TICKET_SECONDS = 600
COOKIE_DAYS = 30
