"""A team's judge: what it is given, where its judgement shows, and what one that fails does."""

from __future__ import annotations

import importlib
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.cli.report import session_document
from genesis.cli.report_formats import reaches
from genesis.commands import read_report
from genesis.contracts.judgements import Judgement
from genesis.contracts.plugins import PluginState
from genesis.contracts.work import Status
from genesis.errors import NotFoundError
from genesis.scheduling.job_log import note_end
from genesis.sessions.judging import judge_session
from genesis.sessions.reports import session_report
from genesis.storage.records import (
    SessionRecord,
    comparable_session,
    read_judgement,
    read_session,
    read_tasks,
)

from tests.host.installing import HEADER, MEMBER, Site, make_home
from tests.sessions.conftest import Lab
from tests.support import Command, acting, make_repository

JUDGE = """
from genesis.contracts import Finding
from genesis.contracts.judgements import JudgedFinding, Judgement
from genesis.contracts.reports import Judge

CALLS = []

def work(context, /):
    marker = context.repository / "fails"
    if marker.exists():
        raise RuntimeError("no luck")
    found = (context.repository / "findings").read_text().split()
    findings = [Finding(rule=word, severity="low", message=word) for word in found]
    return TaskResult(summary="worked", findings=findings)

def judge(report, earlier):
    CALLS.append((report, earlier))
    how = (Path(report.repository) / "how").read_text()
    if how == "raise":
        raise ValueError("no opinion")
    if how == "leave":
        sys.exit(3)
    if how == "hang":
        forever(30)
    if how == "oddly":
        return {"findings": []}
    if how == "surrogate":
        return Judgement.model_construct(compared_with=chr(0xd800))
    if how == "die":
        (Path(report.repository) / "how").write_text("")
        os.kill(os.getpid(), 9)
    kept = [f for f in report.findings if f.rule != "boring"]
    return Judgement(
        findings=[JudgedFinding(finding=f, fingerprint=f.rule, specialists=["judged-one"])
                  for f in reversed(kept)],
        compared_with=earlier and earlier.session_id,
    )

class Judging(Member):
    @implements(hookspecs.genesis_judges)
    def judges(self):
        return [Judge(team="judged-team", judge=judge)]
"""


class Court:
    """A kernel with the judging plugin, and a repository that says what is found and how judged."""

    def __init__(self, kernel: Kernel, repository: Path, package: str) -> None:
        self.kernel = kernel
        self.repository = repository
        self.calls = importlib.import_module(package).CALLS

    def say(self, findings: str = "", how: str = "") -> None:
        (self.repository / "findings").write_text(findings)
        (self.repository / "how").write_text(how)

    def run(self, repository: Path | None = None, **options: int) -> SessionRecord:
        where = repository or self.repository
        session_id = self.kernel.create_session("a goal", "judged-team", where, options)
        runner = self.kernel.runner()
        runner.open(session_id)
        runner.run()
        with self.kernel.database.read() as connection:
            return read_session(connection, session_id)

    def judgement(self, session: SessionRecord) -> Judgement | None:
        with self.kernel.database.read() as connection:
            return read_judgement(connection, session.id)

    def rules(self, session: SessionRecord) -> list[str]:
        found = self.judgement(session)
        assert found is not None
        return [judged.finding.rule for judged in found.findings]


def install(site: Site, name: str = "judged") -> str:
    code = HEADER + MEMBER.replace("{name}", name) + JUDGE
    return site.install(name, code, class_name="Judging")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    found = Site(tmp_path / "site")
    found.folder.mkdir()
    monkeypatch.syspath_prepend(str(found.folder))
    return found


@pytest.fixture
def court(site: Site, tmp_path: Path) -> Iterator[Court]:
    package = install(site)
    repository = make_repository(tmp_path / "judged", {"findings": "", "how": ""})
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=site.candidates()) as kernel:
        yield Court(kernel, repository, package)


def test_the_judgement_is_what_every_reader_has(court: Court) -> None:
    court.say("a boring b")
    session = court.run()
    judgement = court.judgement(session)
    assert court.rules(session) == ["b", "a"]
    assert session.summary["findings"] == {"high": 0, "medium": 0, "low": 2, "info": 0}
    assert session.summary["judgement"] == {
        "new": 0, "known": 0, "fixed": 0, "suppressed": 0, "not_comparable": 0,
        "compared_with": None,
    }  # fmt: skip
    with court.kernel.database.read() as connection:
        tasks = read_tasks(connection, session.id)
    report = session_report(court.kernel.home, session, tasks, judgement)
    assert [finding.rule for finding in report.findings] == ["b", "a"]
    assert [judged.fingerprint for judged in report.judged] == ["b", "a"]
    document = session_document(session, tasks, judgement)
    assert [one["finding"]["rule"] for one in document["judgement"]["findings"]] == ["b", "a"]
    assert len(document["tasks"][0]["findings"]) == 3
    assert reaches(tasks, judgement, "low")
    court.say("boring")
    session = court.run()
    assert court.rules(session) == []
    with court.kernel.database.read() as connection:
        tasks = read_tasks(connection, session.id)
    assert not reaches(tasks, court.judgement(session), "info")
    assert reaches(tasks, None, "low")


def test_the_judge_gets_the_last_session_that_was_asked_the_same(
    court: Court, tmp_path: Path
) -> None:
    court.say("a")
    first = court.run()
    other = make_repository(tmp_path / "other", {"findings": "", "how": ""})
    court.run(other)
    court.run(verify_limit_seconds=5)
    (court.repository / "fails").touch()
    failed = court.run()
    assert failed.status == Status.FAILED
    (court.repository / "fails").unlink()
    second = court.run()
    third = court.run()
    assert [earlier and earlier.session_id for _, earlier in court.calls] == [
        None, None, None, None, first.id, second.id,
    ]  # fmt: skip
    _, earlier = court.calls[-1]
    assert earlier.judgement == court.judgement(second)
    assert earlier.tasks[0].result.findings[0].rule == "a"
    judgement = court.judgement(third)
    assert judgement is not None
    assert judgement.compared_with == second.id
    with court.kernel.database.read() as connection:
        assert comparable_session(connection, first.id) is None


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ("raise", "ValueError: no opinion"),
        ("leave", "SystemExit: 3"),
        ("hang", "did not return within 0.2 s"),
        ("oddly", "returned dict, not a Judgement"),
        ("surrogate", "Error"),
    ],
)
def test_a_judge_that_fails_is_a_fault_and_the_session_ends_unjudged(
    court: Court,
    how: str,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("genesis.sessions.judging._SECONDS", 0.2)
    court.say("a boring", how)
    with caplog.at_level(logging.WARNING, "genesis.host"):
        session = court.run()
    assert (session.status, session.exit_code) == (Status.COMPLETED, 0)
    assert court.judgement(session) is None
    assert session.summary["findings"]["low"] == 2
    figures = session.summary["judgement"]
    assert fault in figures["fault"]
    assert "the judge of the plugin 'judged' failed" in figures["fault"]
    assert "genesis_judges" in caplog.text
    court.say("a boring")
    assert court.rules(court.run()) == ["a"]
    assert court.calls[-1][1] is None


def test_a_judge_that_fails_again_and_again_is_asked_no_more(court: Court) -> None:
    court.say("a", "raise")
    for _ in range(3):
        court.run()
    states = [status.state for status in court.kernel.host.statuses()]
    assert states == [PluginState.QUARANTINED]
    calls = len(court.calls)
    session = court.run()
    assert "quarantine" in session.summary["judgement"]["fault"]
    assert len(court.calls) == calls


def test_a_cancelled_session_is_judged_when_it_was_resumed_and_has_its_end(court: Court) -> None:
    court.say("a")
    session_id = court.kernel.create_session("a goal", "judged-team", court.repository, {})
    runner = court.kernel.runner()
    runner.open(session_id)
    runner.interrupt("not now")
    runner.run()
    assert court.calls == []
    court.kernel.take_up(session_id)
    runner = court.kernel.runner()
    runner.open(session_id)
    runner.run()
    with court.kernel.database.read() as connection:
        session = read_session(connection, session_id)
    assert (session.status, court.rules(session)) == (Status.COMPLETED, ["a"])


def test_a_team_has_one_judge_at_most(site: Site, tmp_path: Path) -> None:
    install(site)
    code = HEADER + MEMBER.replace("{name}", "zweiter") + JUDGE
    site.install("zweiter", code, class_name="Judging")
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        reasons = {status.id: status.reason for status in kernel.host.statuses()}
    assert reasons == {
        "judged": "",
        "zweiter": "the judge of the team 'judged-team' belongs to 'judged' already",
    }


def test_without_a_judge_findings_stand_as_they_are(lab: Lab) -> None:
    session, tasks = lab.run(acting("a", ["find", "first"], ["find", "second"]))
    assert session.summary["judgement"] is None
    with Kernel(lab.home, plugins="probe") as kernel:
        judged = judge_session(
            kernel.host, kernel.home, kernel.database, session, list(tasks.values())
        )
    assert (judged.judgement, judged.fault) == (None, "")


@pytest.fixture
def cut_off(genesis: Command, site: Site, tmp_path: Path) -> Command:
    """The command with the judging plugin alone."""
    install(site)
    make_repository(tmp_path / "judged", {"findings": "a boring b", "how": "die"})
    return Command(genesis.folder, site.folder, {"GENESIS_PLUGINS": "judged"})


def test_a_session_whose_process_is_killed_while_it_judges_comes_to_the_same(
    cut_off: Command, tmp_path: Path
) -> None:
    repository = tmp_path / "judged"
    words = ["run", "a goal", "--repo", str(repository), "--team", "judged-team", "--json"]
    killed = cut_off(*words)
    assert killed.returncode == -signal.SIGKILL
    (open_one,) = json.loads(cut_off("sessions", "list", "--json").stdout)
    assert (open_one["status"], open_one["phase"]) == ("in_progress", "summarise")
    resumed = json.loads(cut_off("run", "--resume", "--json").stdout)
    again = json.loads(cut_off(*words).stdout)
    shown = json.loads(cut_off("sessions", "show", resumed["session_id"], "--json").stdout)
    assert shown == resumed
    found = [
        [one["finding"]["rule"] for one in document["judgement"]["findings"]]
        for document in (resumed, again)
    ]
    assert found == [["b", "a"], ["b", "a"]]
    assert again["judgement"]["compared_with"] == resumed["session_id"]


def test_the_text_says_why_findings_are_unjudged_and_it_is_a_warning(
    cut_off: Command, tmp_path: Path
) -> None:
    repository = tmp_path / "judged"
    (repository / "how").write_text("raise")
    done = cut_off("run", "a goal", "--repo", str(repository), "--team", "judged-team")
    assert done.returncode == 0
    assert "Not judged: the judge of the plugin 'judged' failed: ValueError: no opinion" in (
        done.stdout
    )
    assert "boring" in done.stdout
    assert "no opinion" in done.stderr


def test_the_log_of_a_job_says_what_became_of_the_findings(court: Court) -> None:
    job = "nightly.log"
    court.say("a")
    first, second = court.run(), court.run()
    court.say("a", "raise")
    third = court.run()
    for session in (first, second, third):
        note_end(court.kernel.home, job, "nightly", session)
    lines = (court.kernel.home.logs / job).read_text().splitlines()
    told = [line.strip() for line in lines if "judged" in line]
    assert told[0] == "judged: none"
    assert told[1] == f"judged: none; compared with {first.id}"
    assert told[2].startswith("not judged: the judge of the plugin 'judged' failed")


def test_commands_of_plugins_read_a_whole_report(court: Court) -> None:
    court.say("a boring")
    session = court.run()
    home = str(court.kernel.home.root)
    report = read_report(home, "latest")
    assert (report.session_id, report.judgement) == (session.id, court.judgement(session))
    assert [finding.rule for finding in report.findings] == ["a"]
    assert len(report.tasks[0].result.findings) == 2
    with pytest.raises(NotFoundError, match="no session 'other'"):
        read_report(home, "other")


def test_a_judgement_that_another_version_wrote_keeps_no_session_from_its_end(
    court: Court,
) -> None:
    court.say("one")
    first = court.run()
    odd = 'UPDATE sessions SET judgement = \'{"of": "another version"}\''
    court.kernel.database.writer.write(lambda c: c.exec_driver_sql(odd) and None)
    second = court.run()
    assert second.status == Status.COMPLETED
    assert court.judgement(first) is None
    assert court.rules(second) == ["one"]
    earlier = court.calls[-1][1]
    assert earlier.session_id == first.id
    assert [finding.rule for finding in earlier.findings] == ["one"]
