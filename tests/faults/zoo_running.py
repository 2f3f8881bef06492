"""The zoo's other half: plugins that become active and fail at what they are called for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Running:
    """A plugin that fails once it is active. `words` are in the reason why its team's or anyone's
    work is blocked; empty when it does not stand in the way."""

    name: str
    code: str
    words: tuple[str, ...] = ()
    quarantined: bool = False


def _hearing(name: str, body: str, *, color: str = "async def") -> Running:
    code = (
        f"class Sick(Member):\n    @mark(specname='genesis_event')\n"
        f"    {color} hear(self, event):\n        {body}\n"
    )
    return Running(name, code, quarantined=True)


def _guarding(name: str, hook: str, body: str, *words: str, color: str = "async def") -> Running:
    code = (
        f"class Sick(Member):\n    @mark(specname='{hook}')\n"
        f"    {color} guard(self):\n        {body}\n"
    )
    return Running(name, code, ("'sick'", "genesis plugins disable sick", *words))


def _living(name: str, code: str) -> Running:
    return Running(name, f"class Sick(Member):\n{code}")


DELIVERED = [
    _hearing("raising notify", "raise OSError('deaf')"),
    _hearing("hanging notify", "await asyncio.sleep(3600)"),
    _hearing("blocking notify", "forever()"),
    _hearing("blocking plain notify", "forever()", color="def"),
    _hearing("notify that swallows its cancellation",
             "while True:\n            try: await asyncio.sleep(3600)\n"
             "            except BaseException: pass"),
    _hearing("SystemExit in notify", "raise SystemExit('bye')"),
    _hearing("plain notify that gives a raising coroutine",
             "async def later(): raise OSError('later')\n        return later()", color="def"),
]  # fmt: skip

_SESSION = "genesis_before_session"

GATES = [
    _guarding("raising gate", _SESSION, "raise OSError('shut')", "OSError: shut"),
    _guarding("hanging gate", _SESSION, "await asyncio.sleep(3600)", "did not return within"),
    _guarding("blocking gate", _SESSION, "forever()", "must not block"),
    _guarding("blocking plain gate", _SESSION, "forever()", "did not return", color="def"),
    _guarding("gate that returns a text", _SESSION, "return 'yes'", "returned str"),
    _guarding("gate that returns True", _SESSION, "return True", "returned bool"),
    _guarding("SystemExit in a gate", _SESSION, "sys.exit('bye')", "SystemExit"),
    _guarding("gate with a very long error", _SESSION, "raise OSError('x' * 5000)", "OSError: xx"),
    _guarding("raising gate of tasks", "genesis_before_task", "raise OSError('shut')", "shut"),
]  # fmt: skip

LIVES = [
    _living("raising stop", "    async def stop(self):\n        raise OSError('stop')\n"),
    _living("SystemExit in stop", "    async def stop(self):\n        sys.exit(1)\n"),
    _living("hanging stop", "    async def stop(self):\n        await asyncio.sleep(3600)\n"),
    _living("blocking stop", "    async def stop(self):\n        forever()\n"),
    _living("leaves a task behind",
            "    async def start(self):\n"
            "        self.task = asyncio.create_task(asyncio.sleep(3600))\n"),
    _living("a task of its own ends with SystemExit",
            "    async def start(self):\n"
            "        asyncio.get_running_loop().call_soon(sys.exit, 1)\n"),
    _living("properties that raise",
            "    @property\n    def trap(self):\n        raise OSError('trap')\n"),
]  # fmt: skip
