"""The plugins of docs/how-to/write-a-plugin.md do what the page says."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis.contracts.models import ChatMessage, ChatModel
from genesis.contracts.service import Job, Periodic

from tests.host.installing import Site
from tests.web.serving import Server, serving

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"


def code_of(package: str) -> str:
    """The module of a plugin as the page shows it."""
    pattern = rf"```python\n(# {package}/__init__\.py\n.*?)```"
    (code,) = re.findall(pattern, PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return str(code)


@pytest.fixture
def documented(site: Site, tmp_path: Path) -> Iterator[Server]:
    """A server with both plugins of the page."""
    for plugin in ("greeter", "guestbook"):
        code = code_of(f"genesis_{plugin}")
        importlib.import_module(site.install(plugin, code, class_name=plugin.title()))
    with serving(tmp_path / "home", site, plugins="greeter,guestbook") as found:
        yield found


def test_the_documented_plugins_do_what_the_page_says(
    documented: Server, caplog: pytest.LogCaptureFixture
) -> None:
    host = documented.kernel.host
    states = {one.id: (one.state, one.reason) for one in host.statuses() if one.state != "disabled"}
    assert states == {"greeter": ("active", ""), "guestbook": ("active", "")}

    made = documented.ask("/api/guestbook/guests", {"name": "ann"})
    assert (made.status, made.header("location")) == (201, "/api/guestbook/guests/ann")
    assert documented.ask("/api/guestbook/guests/ann").json() == {"name": "ann"}
    missing = documented.ask("/api/guestbook/guests/bob")
    assert (missing.status, missing.json()["detail"]) == (404, "bob has not signed.")
    assert documented.ask("/api/guestbook/guests", {"name": "Ann!"}).status == 422
    assert documented.ask("/api/guestbook/guests/Ann!").status == 404
    assert "/api/guestbook/guests/{name}" in documented.ask("/api/openapi.json").body.decode()

    (job,) = host.records(Job)
    assert (job.name, job.cron) == ("sunday-review", "0 9 * * SUN")
    (periodic,) = host.records(Periodic)
    with caplog.at_level("INFO"):
        periodic.run()
    assert "1 guests" in caplog.text
    (model,) = host.records(ChatModel)
    said = ChatMessage(role="user", content="Hello?")
    assert (model.missing(), "".join(model.reply([said]))) == (None, "Hello?")
