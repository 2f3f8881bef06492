"""Handlers that plugins contribute: found by name, imported late, one owner for each name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from genesis import Kernel, Mind
from genesis.contracts.background import TaskStatus

from tests.host.installing import HEADER, Site, make_home

CODE = """
from genesis.contracts.background import TaskHandler

class Reports(Plugin[NoSettings]):
    @implements(hookspecs.genesis_task_handlers)
    def handlers(self):
        return [TaskHandler(name="reports.write", run=f"{__name__}.writing:write",
                            description="Writes a report")]
"""
WRITING = """
async def write(context, /):
    context.progress(0.5, "half")
    return f"report of {context.user_request}"
"""


def test_a_task_is_carried_out_by_the_handler_that_a_plugin_contributes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "site")
    package = site.install(
        "reports", HEADER + CODE, class_name="Reports", files={"writing.py": WRITING}
    )
    site.install("rival", HEADER + CODE, class_name="Reports")
    monkeypatch.syspath_prepend(str(site.folder))
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=[]) as without:
        mind = Mind.birth("Atlas", store=without.minds)
        mind.save()
        task = mind.background.submit("May", handler="reports.write")
        without.minds.background_runner().run_until_idle()
        waiting = mind.background.get_task(task.task_id)
        assert waiting is not None
        assert (waiting.status, waiting.started_at) == (TaskStatus.PENDING, None)
    with Kernel(home, candidates=site.candidates()) as kernel:
        refused = {status.id: status.reason for status in kernel.host.statuses()}
        assert refused == {
            "reports": "", "rival": "the task handler 'reports.write' belongs to 'reports' already"
        }  # fmt: skip
        runner = kernel.minds.background_runner()
        # Contributing a handler imports nothing of it.
        assert f"{package}.writing" not in sys.modules
        runner.run_until_idle()
        done = Mind.load("Atlas", store=kernel.minds).background.get_task(task.task_id)
        assert done is not None
        assert (done.status, done.result) == (TaskStatus.COMPLETED, "report of May")
