"""Keep a process that runs for months from growing."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_ARENA_MAX = -8  # of glibc's malloc.h
_ARENAS = 2
_TEXTS = 45_000


def share_arenas() -> None:
    """Let all threads share two arenas of glibc's malloc; to be called before there are threads.

    By itself it makes up to eight for each core, and each keeps what its threads once needed: the
    pages that one query reads, for every thread that ever ran one. Nothing elsewhere than on glibc.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give the system the memory that glibc's malloc holds free, now and then.

    By itself it keeps all that lies below anything in use: a few short peaks are scattered over the
    heap, and a process under steady load grows by them for hours. Nothing elsewhere than on glibc.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def widen_interned() -> None:
    """Let Python's table of interned texts have its size from the start.

    Parts of paths are interned, and each session has folders of its own: after 43,690 of them the
    table doubles, by 1 MB, though nearly all have gone by then. It keeps that size. From Python
    3.12 on interned texts may stay, and nothing is done.
    """
    if sys.version_info >= (3, 12):
        return
    held = [sys.intern(f"widen {number}") for number in range(_TEXTS)]
    held.clear()
