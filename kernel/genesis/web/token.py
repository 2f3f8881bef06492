"""The token of a home, and what is made from it: the links and cookies of browsers.

Neither a link nor a cookie carries the token itself. Both are made from it with HMAC-SHA-256, so
nothing about them has to be kept, and a new token ends all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import time
from pathlib import Path

from genesis.errors import HomeError
from genesis.web.limits import COOKIE_DAYS, TICKET_SECONDS

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SEALED = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{22})\.([0-9a-f]{64})")


def read_or_make_token(path: Path) -> str:
    """The token in a file, which is made where there is none. Raises HomeError.

    A file that others could read is refused: nobody knows who has the token by now.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    try:
        return _make(path)
    except FileExistsError:
        # Another process was faster by this moment.
        return _read(path)


def rotate_token(path: Path) -> str:
    """Put a new token in place of the old one; links and cookies made from that are worth nothing
    once the server has started again. Raises HomeError."""
    _unlink(path)
    return read_or_make_token(path)


def matches(token: str, given: bytes) -> bool:
    """Whether that is the token; takes as long for every other text of the same length."""
    # Of digests, so that the time does not even tell a length.
    digests = (hashlib.sha256(text).digest() for text in (token.encode(), given))
    return hmac.compare_digest(*digests)


def seal(token: str, purpose: str, seconds: float) -> str:
    """A text that proves for so long that whoever made it has the token."""
    expires = int(time.time() + seconds)
    nonce = secrets.token_urlsafe(16)
    return f"{expires}.{nonce}.{_mac(token, purpose, expires, nonce)}"


def is_sealed(token: str, purpose: str, text: str) -> bool:
    """Whether a text was sealed for that purpose with this token and is still worth something."""
    found = _SEALED.fullmatch(text)
    if found is None:
        return False
    expires, nonce, mac = found.groups()
    is_ours = hmac.compare_digest(_mac(token, purpose, int(expires), nonce), mac)
    return is_ours and int(expires) > time.time()


def login_link(token: str, host: str, port: int) -> str:
    """A link that opens a browser's way in, once and within ten minutes."""
    ticket = seal(token, "ticket", TICKET_SECONDS)
    return f"http://{host}:{port}/login?ticket={ticket}"


def new_cookie(token: str) -> str:
    """The value of a browser's cookie."""
    return seal(token, "cookie", COOKIE_DAYS * 86_400)


def _mac(token: str, purpose: str, expires: int, nonce: str) -> str:
    text = f"{purpose}.{expires}.{nonce}".encode()
    return hmac.new(token.encode(), text, hashlib.sha256).hexdigest()


def _make(path: Path) -> str:
    """Make the file whole or not at all, and never for others to read, not even for a moment."""
    token = secrets.token_urlsafe(32)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(token + "\n")
                file.flush()
                os.fsync(file.fileno())
            # Fails where there is a file by now, which a rename would not.
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise HomeError(
            f"The token cannot be written to {path}: {error.strerror}. Free space or correct the "
            "permissions of the home folder."
        ) from error
    return token


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            text = file.read(200)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise HomeError(
            f"The token in {path} cannot be read: {error.strerror}. Delete it; the next start "
            "makes a new one."
        ) from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or status.st_uid != os.geteuid():
        raise HomeError(
            f"{path} holds the key to everything here, but others can read or change it. Delete "
            "it; the next start makes a new one that only you can read."
        )
    token = text.decode("ascii", "replace").strip()
    if not _TOKEN.fullmatch(token):
        raise HomeError(f"{path} does not hold a token. Delete it; the next start makes a new one.")
    return token


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise HomeError(
            f"The token in {path} cannot be replaced: {error.strerror}. Correct the permissions "
            "of the home folder."
        ) from error
