"""Keep a process that runs for months from growing."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8  # of glibc's malloc.h
_ARENAS = 2


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
