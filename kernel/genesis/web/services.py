"""What endpoints work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genesis.kernel import Kernel


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Services:
    """The open kernel and the process around it.

    `wake` says that there is a new session to take up. `is_ready` says whether the process takes
    work, which `/readyz` asks; it is False while it starts and while it drains.
    """

    kernel: Kernel
    wake: Callable[[], None]
    is_ready: Callable[[], bool] = _always
