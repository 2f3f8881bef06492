"""Which private keys are made to be known: those of certificates for nobody, and for tests."""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from genesis_engineering.files import MAX_BYTES, RepositoryFile

_NOBODY = re.compile(rb"localhost|example\.(com|org|net)|snakeoil|snake oil", re.IGNORECASE)
_AUTHORITY = re.compile(r"(^|[-_.])(ca|cakey|cacert|root|rootca|authority|issuer)($|[-_.])")
_ONLY_FOR_TESTS = re.compile(
    r"\b(private|these|the|tls|ssl) (keys?|certificates?)\b[^.\n]{0,80}\b(test(s|ing)?|demo)\b"
    r"|\bcertificates? and (private )?keys\b[^.\n]{0,80}\btest(s|ing)?\b"
    r"|\bdo not use\b[^.]{0,80}\b(keys?|certificates?)\b",
    re.IGNORECASE,
)
_ENDINGS = frozenset({".crt", ".cert", ".cer", ".pem"})
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
# The one part of what is signed that may be left out.
_VERSION = 0xA0


class TrialKeys:
    """Knows what lies beside the keys of a repository, folder by folder."""

    def __init__(self, files: Iterable[RepositoryFile]) -> None:
        self._files: defaultdict[str, dict[str, RepositoryFile]] = defaultdict(dict)
        for file in files:
            folder, _, name = file.path.rpartition("/")
            self._files[folder][name] = file
        self._known: dict[str, bool] = {}

    def holds(self, file: RepositoryFile) -> bool:
        """Whether the key in a file protects nothing: its certificate names nobody's host, or is
        signed by itself, so that it proves nothing to strangers; or a README beside it says so.

        That of an authority is none by its certificate, which is signed by itself as a rule.
        """
        folder = file.path.rpartition("/")[0]
        own = [self._files[folder].get(name) for name in _certificates_of(file.path)]
        texts = [one.read_text() or "" for one in (file, *own) if one is not None]
        certificates = [der for text in texts if (der := _decoded(text))]
        if any(_NOBODY.search(der) for der in certificates):
            return True
        if _AUTHORITY.search(PurePosixPath(file.path).stem.lower()):
            return False
        if certificates:
            return any(map(_is_signed_by_itself, certificates)) or self._is_told(folder)
        return self._is_told(folder) or self._has_home_made(folder)

    def _is_told(self, folder: str) -> bool:
        """Whether a README of the folder says that its keys are for tests."""
        return self._remembered(
            f"{folder}/README",
            (one for name, one in self._files[folder].items() if name.lower().startswith("readme")),
            lambda text: _ONLY_FOR_TESTS.search(text) is not None,
        )

    def _has_home_made(self, folder: str) -> bool:
        """Whether the folder has a certificate that is signed by itself, but for an authority's."""
        named = {name: PurePosixPath(name) for name in self._files[folder]}
        return self._remembered(
            f"{folder}/*",
            (
                self._files[folder][name]
                for name, pure in named.items()
                if pure.suffix.lower() in _ENDINGS and not _AUTHORITY.search(pure.stem.lower())
            ),
            lambda text: _is_signed_by_itself(_decoded(text)),
        )

    def _remembered(
        self, key: str, files: Iterable[RepositoryFile], holds: Callable[[str], bool]
    ) -> bool:
        if key not in self._known:
            short = (one for one in files if one.size <= MAX_BYTES)
            self._known[key] = any(holds(one.read_text() or "") for one in short)
        return self._known[key]


def _certificates_of(path: str) -> list[str]:
    """The names that the certificate of a key `name.key` or `name_key.pem` may have."""
    pure = PurePosixPath(path)
    stems = [
        pure.stem,
        pure.name.partition(".")[0],
        *(re.sub("key$", end, pure.stem) for end in ("cert", "crt")),
    ]
    names = [stem + end for stem in stems for end in (".crt", ".pem", ".cert")]
    return [name for name in dict.fromkeys(names) if name != pure.name]


def _decoded(text: str) -> bytes:
    """The first certificate of a text, which may stand in the strings of a program; b"" if none."""
    body = text.partition(_CERTIFICATE)[2].partition("-----END")[0]
    body = re.sub(r"\\n|[^\w+/=]", "", body)
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""


def _is_signed_by_itself(der: bytes) -> bool:
    """Whether issuer and subject of a certificate are the same (RFC 5280, 4.1.2.4 and 4.1.2.6)."""
    certificate = _elements(der)[:1]
    signed = [part for _tag, body in certificate for part in _elements(body)[:1]]
    fields = [body for _tag, part in signed for tag, body in _elements(part) if tag != _VERSION]
    return len(fields) > 4 and fields[2] == fields[4]


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of the elements that stand side by side (DER, X.690 8.1)."""
    found = []
    while len(der) > 2:
        octets = der[1] & 0x7F if der[1] & 0x80 else 0
        start = 2 + octets
        end = start + (int.from_bytes(der[2:start]) if octets else der[1])
        found.append((der[0], der[start:end]))
        der = der[end:]
    return found
