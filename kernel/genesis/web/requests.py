"""Which requests are taken at all: the checks of a request's form and of where it comes from.

Every function gives None for a request that may go on, or the problem that it is refused with.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import unquote_to_bytes

from genesis.web.asgi import Scope, header
from genesis.web.limits import HEADER_BYTES, MOST_HEADERS, TARGET_BYTES
from genesis.web.problems import Problem

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_OWN_SITE = (b"same-origin", b"none")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# One way to write each path: no empty part, and nothing escaped that means something in a path.
_ODD_PATH = re.compile(rb"//|\\|%2f|%5c|%(?![0-9a-f]{2})|[^\x21-\x7e]", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOTS = (".", "..")


def allowed_hosts(hosts: Collection[str], port: int) -> frozenset[bytes]:
    """Every value of `Host` that is answered; `hosts` are names beside those of this machine,
    with a port of their own where another server hands requests on. Each stands for itself alone,
    `*` and `0.0.0.0` too."""
    further = [written_host(host) for host in hosts]
    names = [*LOOPBACK, *further]
    written = [f"{name}:{port}" for name in names]
    # Browsers leave the usual port away, and so may who hands requests on.
    written += further if port != 80 else names
    return frozenset(name.lower().encode() for name in written)


def written_host(host: str) -> str:
    """A host as it stands in an address: IPv6 in brackets, in the one way in which browsers
    write it; anything else as it is."""
    try:
        found = ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return host
    return f"[{found}]"


def refuse_host(scope: Scope, allowed: Collection[bytes]) -> Problem | None:
    """Against DNS rebinding: a page whose name was made to lead here still sends its own name."""
    found = header(scope, b"host")
    if len(found) != 1:
        return Problem(400, "A request has one Host header.")
    if found[0].lower() not in allowed:
        return Problem(
            421,
            "This server does not answer under that name. Use http://127.0.0.1 with its port, or "
            "add the name to `hosts` in [kernel] of genesis.toml.",
        )
    return None


def refuse_form(scope: Scope) -> Problem | None:
    """What no honest client sends: paths that two could read in two ways, and upgrades."""
    raw: bytes = scope["raw_path"]
    if len(raw) + len(scope["query_string"]) > TARGET_BYTES:
        return Problem(414, f"A path and its query have at most {TARGET_BYTES} bytes.")
    headers = scope["headers"]
    size = sum(len(name) + len(value) for name, value in headers)
    # The server's own limit holds only for what does not come in one piece.
    if len(headers) > MOST_HEADERS or size > HEADER_BYTES:
        return Problem(431, f"Headers are at most {MOST_HEADERS}, with {HEADER_BYTES} bytes.")
    if not raw.startswith(b"/") or _ODD_PATH.search(raw):
        return Problem(400, "The path is not written in the one way that is read here.")
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return Problem(400, "The path is not UTF-8.")
    if _CONTROL.search(path) or any(part in _DOTS for part in path.split("/")):
        return Problem(400, "The path has parts that are read nowhere here.")
    if header(scope, b"upgrade"):
        return Problem(403, "There are no websockets here. Events are streamed as text.")
    if header(scope, b"transfer-encoding") and header(scope, b"content-length"):
        return Problem(400, "A body has a Content-Length or a Transfer-Encoding, not both.")
    return None


def refuse_site(scope: Scope) -> Problem | None:
    """Refuse what another site's page asked for, also one of another port of this machine.

    Browsers set these headers and no page can. Following a link to here is no reason to refuse
    it: it only reads, and the page that has the link sees nothing of the answer.
    """
    sites, origins = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    if len(sites) > 1 or len(origins) > 1:
        return Problem(400, "A request has one origin.")
    (host,) = header(scope, b"host")
    foreign_site = bool(sites) and sites[0] not in _OWN_SITE and not _is_followed_link(scope)
    foreign_origin = bool(origins) and origins[0].lower() not in (
        b"http://" + host.lower(),
        b"https://" + host.lower(),
    )
    if foreign_site or foreign_origin:
        return Problem(403, "Pages of other sites cannot use this server.")
    return None


def refuse_blind_write(scope: Scope) -> Problem | None:
    """A write that only a cookie vouches for has to say where it comes from."""
    if scope["method"] in SAFE_METHODS:
        return None
    if header(scope, b"sec-fetch-site") or header(scope, b"origin"):
        return None
    return Problem(403, "A write with a cookie needs a Sec-Fetch-Site or an Origin header.")


def _is_followed_link(scope: Scope) -> bool:
    return (
        scope["method"] in ("GET", "HEAD")
        and header(scope, b"sec-fetch-mode") == [b"navigate"]
        and header(scope, b"sec-fetch-dest") == [b"document"]
    )
