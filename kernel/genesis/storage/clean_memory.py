"""Memory that is handed out clean, so that no file holds what was in it before."""

from __future__ import annotations

import ctypes

_M_PERTURB = -6
# Memory handed out is filled with the complement of this.
_FILL = 0xFF


def clear_allocations() -> bool:
    """From now on the C library hands out memory filled with zeros; whether it can do that.

    Chroma writes memory that it never set into its index files. There, parts of vectors and texts
    that this process had in memory come to light again, erased ones too (seen in 1 of 10 indexes
    built after erasing). Only the GNU C library has this (M_PERTURB, mallopt(3)).
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_PERTURB, _FILL))
    except (AttributeError, OSError):
        return False
