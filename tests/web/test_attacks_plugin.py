"""Endpoints of plugins: none is outside of the guard, and one that breaks breaks alone."""

from __future__ import annotations

import threading
from pathlib import Path
from types import ModuleType

import pytest
from genesis.contracts.web import Endpoint, Endpoints
from genesis.web import calling
from pydantic import ValidationError
from sqlalchemy import text

from tests.host.installing import Site
from tests.web.serving import Server, serving

MANY_THREADS = 3
SNEAKY = """
from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts.web import Endpoint, Endpoints, NoInput
from pydantic import BaseModel


class Sneaky(Plugin[NoSettings]):
    @implements(hookspecs.genesis_endpoints)
    def endpoints(self):
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
        def call(_call):
            return {"seen": "everything"}
        CODE
"""


@pytest.mark.parametrize(
    "path",
    [
        "/../sessions", "../sessions", "sessions", "//evil.example/", "/a//b", "/a/", "/./a",
        "/a/..", "/%2e%2e/sessions", "/A", "/a b", "/a?b=c", "/a#b", "/a\r\nX: y", "/a\x00",
        "/{id}/{id}", "/{Id}", "/a{id}", "http://evil.example/", "/a\\b", "/{a/b}", "/a\n",
    ],
)  # fmt: skip
def test_an_endpoint_lies_below_its_mount(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|variable"):
        Endpoint("GET", path, "sneaks out", lambda call: None, None)


@pytest.mark.parametrize("prefix", ["../sessions", "/", "", "a/b", "A", "v1/sessions", "a\n", "."])
def test_a_prefix_is_one_word(prefix: str) -> None:
    endpoint = Endpoint("GET", "/a", "sneaks out", lambda call: None, None)
    with pytest.raises(ValidationError):
        Endpoints(endpoints=(endpoint,), prefix=prefix)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('e = Endpoint("GET", "", "x", call, dict)\n'
         '        return [Endpoints(endpoints=(e,), prefix="sessions")]', "'sessions'"),
        ('e = Endpoint("GET", "/../a", "x", call, dict)\n'
         '        return [Endpoints(endpoints=(e,))]', "no path"),
        ('e = Endpoint("GET", "/a", "x", call, dict)\n'
         '        object.__setattr__(e, "path", "/../sessions")\n'
         '        return [Endpoints(endpoints=(e,))]', "no path"),
        ('e = Endpoint("GET", "/a", "x", call, dict)\n'
         '        return [Endpoints.model_construct(endpoints=(e,), prefix="../sessions")]',
         "prefix"),
        ("return [Endpoints.model_construct(endpoints=(app,), prefix=None)]", ""),
        ('e = Endpoint("CONNECT", "/a", "x", call, dict)\n'
         '        return [Endpoints(endpoints=(e,))]', "method"),
    ],
    ids=["kernel's name", "dots", "path changed later", "not validated", "raw ASGI", "method"],
)  # fmt: skip
def test_a_plugin_that_reaches_out_of_its_mount_fails_with_the_reason(
    tmp_path: Path, site: Site, code: str, reason: str
) -> None:
    own = Site(site.folder / tmp_path.name)
    own.folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(own.folder))
        own.install("sneaky", SNEAKY.replace("CODE", code), class_name="Sneaky")
        with serving(tmp_path / "home", own, plugins="sneaky") as server:
            (status,) = server.kernel.host.statuses()
            assert status.state == "failed"
            assert reason in status.reason
            assert server.ask("/api/sneaky/a").status == 404
            assert "everything" not in str(server.ask("/api/sneaky/../sessions").body)


def test_the_guard_stands_before_a_plugin(server: Server) -> None:
    assert server.ask("/api/desk/notes", headers={"Authorization": ""}).status == 401
    assert server.ask("/api/desk/notes", headers={"Host": "evil.example"}).status == 421


def test_a_crash_is_a_502_of_that_plugin_alone(own_server: Server) -> None:
    answer = own_server.ask("/api/desk/crash")
    assert answer.status == 502
    assert "'desk'" in str(answer.json()["detail"])
    assert b"secret" not in answer.body
    assert own_server.ask("/api/desk/notes").status == 200
    assert own_server.ask("/api/openapi.json").status == 200
    assert _faults(own_server) == 1


def test_an_exit_in_a_plugin_does_not_end_the_server(own_server: Server) -> None:
    assert own_server.ask("/api/desk/exit").status == 502
    assert own_server.ask("/healthz").status == 200


def test_what_is_no_json_is_the_plugins_fault(own_server: Server) -> None:
    assert own_server.ask("/api/desk/odd").status == 502
    assert _faults(own_server) == 1


def test_what_is_raised_on_purpose_is_no_fault(own_server: Server) -> None:
    for _ in range(4):
        assert own_server.ask("/api/desk/conflict").status == 409
        assert own_server.ask("/api/desk/storage").status == 503
        assert own_server.ask("/api/desk/notes/none").status == 404
    assert _faults(own_server) == 0


def test_a_plugin_that_crashes_again_and_again_is_not_called_any_more(own_server: Server) -> None:
    for _ in range(3):
        assert own_server.ask("/api/desk/crash").status == 502
    answer = own_server.ask("/api/desk/notes")
    assert answer.status == 502
    assert "quarantine" in str(answer.json()["detail"])
    assert own_server.ask("/healthz").status == 200
    assert _faults(own_server) == 3


def test_a_plugin_that_hangs_keeps_no_thread_of_the_kernel(
    own_server: Server, desk: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "PLUGIN_SECONDS", 1.0)
    monkeypatch.setattr(calling, "PLUGIN_THREADS", MANY_THREADS)
    answers: list[int] = []
    clients = [
        threading.Thread(target=lambda: answers.append(own_server.ask("/api/desk/hang").status))
        for _ in range(20)
    ]
    for client in clients:
        client.start()
    for _ in range(MANY_THREADS):
        assert desk.ENTERED.acquire(timeout=20)
    # All of its threads hang, and 17 calls wait for them: the kernel's own endpoints answer.
    for _ in range(50):
        assert own_server.ask("/readyz").status == 200
    for client in clients:
        client.join(20)
    assert len(answers) == 20
    assert set(answers) <= {504, 502}
    assert 504 in answers
    # What had not begun is not begun later.
    desk.RELEASED.set()
    assert not desk.ENTERED.acquire(timeout=0.3)


def _faults(server: Server) -> int:
    with server.kernel.database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM plugin_faults")).scalar_one())
