"""Formats of reports that plugins contribute: whose name it is, and what one that fails does."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis import Kernel, contracts
from genesis.cli.options import SEVERITIES
from genesis.contracts.reports import ReportFormat
from genesis.errors import NotFoundError, PluginError
from genesis.sessions.reports import require_format, session_report, write_report
from genesis.storage.records import read_session, read_tasks

from tests.host.installing import HEADER, MEMBER, Site, make_home, make_repository, run_session

CODE = """
from genesis.contracts.reports import ReportFormat

def plain(report):
    return f"{report.goal} {[task.key for task in report.tasks]} {report.tasks[0].folder.name}"

def broken(report):
    raise ValueError("no words")

def count(report):
    return len(report.tasks)

class Sick(Plugin[NoSettings]):
    @implements(hookspecs.genesis_report_formats)
    def formats(self):
        return [
            ReportFormat(name=name, description="writes", write=write)
            for name, write in {formats}.items()
        ]
"""


def install(site: Site, plugin: str, formats: str) -> None:
    site.install(plugin, HEADER + CODE.replace("{formats}", formats))


def test_a_name_belongs_to_one_plugin_and_those_of_the_kernel_to_none(
    site: Site, tmp_path: Path
) -> None:
    install(site, "alpha", "{'plain': plain}")
    install(site, "beta", "{'other': plain, 'plain': plain}")
    install(site, "gamma", "{'json': plain}")
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        reasons = {status.id: status.reason for status in kernel.host.statuses()}
        names = [record.name for record in kernel.host.records(ReportFormat)]
        require_format(kernel.host, "plain")
        require_format(kernel.host, "text")
        with pytest.raises(NotFoundError, match=r"'other'. Formats are: text, json, plain"):
            require_format(kernel.host, "other")
    assert reasons == {
        "alpha": "",
        "beta": "the report format 'plain' belongs to 'alpha' already",
        "gamma": "the report format 'json' belongs to 'kernel' already",
    }
    assert names == ["plain"]


def test_a_format_gets_the_whole_session_and_one_that_fails_is_named(
    site: Site, tmp_path: Path
) -> None:
    writing = '(context.folder / "made").touch()\n    return TaskResult'
    code = MEMBER.replace("{name}", "member").replace("return TaskResult", writing)
    site.install("member", HEADER + code, class_name="Member")
    install(site, "writer", "{'plain': plain, 'broken': broken, 'count': count}")
    repository = make_repository(tmp_path / "repository")
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        session_id = run_session(kernel, "member-team", repository).id
        with kernel.database.read() as connection:
            session = read_session(connection, session_id)
            report = session_report(kernel.home, session, read_tasks(connection, session_id))
        text = write_report(kernel.host, "plain", report)
        assert text.startswith(session.goal)
        folder = report.tasks[-1].folder
        assert folder is not None
        assert (folder / "made").is_file()
        with pytest.raises(PluginError, match=r"'broken' of the plugin 'writer'.*no words"):
            write_report(kernel.host, "broken", report)
        with pytest.raises(PluginError, match=r"'count' of the plugin 'writer'.*a int"):
            write_report(kernel.host, "count", report)
        with pytest.raises(NotFoundError, match="no report format 'nothing'"):
            write_report(kernel.host, "nothing", report)


def test_the_severities_of_the_command_line_are_those_of_findings() -> None:
    assert list(SEVERITIES) == [severity.value for severity in contracts.Severity]
