"""Triage of logs: files of all kinds, numbers that are true, and what is new since last time."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import subprocess
from pathlib import Path

import pytest
from genesis.contracts import Finding, TaskResult
from genesis.testing import run_tool
from genesis_engineering.log_causes import likely_cause
from genesis_engineering.log_lines import read_record
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

_TRACE = """Traceback (most recent call last):
  File "/srv/app/shop/cart.py", line 2, in total
    raise ValueError(price)
ValueError: bad price {}
"""


class Home:
    """A folder of sessions beside a repository with a little code and the logs of a program."""

    def __init__(self, folder: Path) -> None:
        self.sessions = folder / "sessions"
        self.repository = folder / "repository"
        self.logs = folder / "var"
        self.logs.mkdir()
        (self.repository / "shop").mkdir(parents=True)
        (self.repository / "shop/cart.py").write_text("def total(price):\n    raise ValueError\n")
        subprocess.run(["git", "init", "-q", str(self.repository)], check=True)
        self.triages = 0

    def write(self, name: str, text: str) -> Path:
        path = self.logs / name
        path.write_text(text, encoding="utf-8")
        return path

    def triage(self, *paths: Path | str) -> TaskResult:
        """Triage these paths in a new session; `folder` is then that of its attempt."""
        self.triages += 1
        self.folder = (
            self.sessions / f"session-2026112{self.triages}T000000Z-0000" / "work" / "triage-1"
        )
        params: dict[str, JsonValue] = {"paths": [str(path) for path in paths]} if paths else {}
        tool = "genesis_engineering.log_triage:triage_logs"
        return run_tool(tool, self.repository, self.folder, params, kind="triage")

    @property
    def notes(self) -> dict[str, object]:
        found = json.loads((self.folder / "triage.json").read_text())
        assert isinstance(found, dict)
        return found

    def templates(self) -> dict[str, dict[str, object]]:
        rows = self.notes["templates"]
        assert isinstance(rows, list)
        return {str(row["template"]): row for row in rows}

    @property
    def report(self) -> str:
        return (self.folder / "triage.md").read_text()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def by_rule(result: TaskResult) -> dict[str, Finding]:
    return {finding.rule: finding for finding in result.findings}


def test_the_report_has_counts_first_and_last_place_and_time(home: Home) -> None:
    lines = [f"2026-11-22 08:{n:02}:00 ERROR shop: order {n} failed\n" for n in range(3)]
    lines.insert(1, "2026-11-22 08:00:30 INFO shop: started\n")
    log = home.write("app.log", "".join(lines))
    result = home.triage(log)
    (finding,) = result.findings
    assert (finding.rule, finding.severity, finding.file) == ("log-error", "medium", None)
    assert finding.message == (
        f"shop: order <n> failed (count 3, first at {log}:1 (2026-11-22 08:00:00), "
        f"last at {log}:4 (2026-11-22 08:02:00))"
    )
    row = home.templates()["shop: order <n> failed"]
    assert (row["count"], row["lines"], row["level"]) == (3, 3, "error")
    assert row["first"] == {"log": str(log), "line": 1, "time": "2026-11-22 08:00:00"}
    assert result.facts == {
        "log-lines": 4, "log-templates": 2, "log-failures": 3, "log-failure-kinds": 1, "log-new": 0,
    }  # fmt: skip
    assert "count 3, first at" in home.report
    assert "so nothing is called new" in home.report


def test_a_stack_trace_is_one_record_of_all_its_lines_and_is_found_in_the_code(home: Home) -> None:
    head = "2026-11-22 08:00:00 ERROR shop: cannot sell\n"
    after = "2026-11-22 08:00:01 INFO shop: next\n"
    log = home.write("app.log", head + _TRACE.format(7) + after + head + _TRACE.format(8) + after)
    result = home.triage(log)
    finding = by_rule(result)["log-trace"]
    assert (finding.severity, finding.file, finding.line) == ("high", "shop/cart.py", 2)
    assert finding.message.startswith(f"ValueError: bad price <n> (count 2, first at {log}:1 ")
    rows = {str(row["kind"]): row for row in home.templates().values()}
    assert (rows["trace"]["count"], rows["trace"]["lines"]) == (2, 10)
    assert (rows["line"]["count"], rows["line"]["lines"]) == (2, 2)


@pytest.mark.parametrize(
    ("text", "message", "lines"),
    [
        ("2026-11-22 08:00:00 ERROR a - no\njava.lang.IllegalStateException: boom 7\n"
         "\tat com.shop.Cart.total(Cart.java:12)\n\t... 3 more\nCaused by: java.io.IOException: x\n"
         "\tat com.shop.Disk.read(Disk.java:2)\n", "java.lang.IllegalStateException: boom <n>", 6),
        ("TypeError: x is undefined\n    at foo (/srv/a.js:2:3)\n    at node:internal/main:1:1\n",
         "TypeError: x is undefined", 3),
        ("panic: index out of range [5]\n\ngoroutine 1 [running]:\nmain.main()\n"
         "\t/src/main.go:10 +0x1d\n", "panic: index out of range [<n>]", 5),
        ('{"level": "error", "message": "x", "exc": "Traceback (most recent call last):\\n'
         '  File \\"/a/b.py\\", line 1, in f\\nKeyError: \'a\'"}\n', "KeyError: <text>", 1),
    ],
)  # fmt: skip
def test_traces_of_java_node_go_and_json_logs_are_folded(
    home: Home, text: str, message: str, lines: int
) -> None:
    result = home.triage(home.write("app.log", text + "2026-11-22 08:00:01 INFO fine\n"))
    assert by_rule(result)["log-trace"].message.startswith(f"{message} (count 1")
    assert max(int(str(row["lines"])) for row in home.templates().values()) == lines


def test_a_stack_trace_that_is_cut_short_is_an_error_without_a_kind(home: Home) -> None:
    text = "\n".join(_TRACE.splitlines()[:3]) + "\n2026-11-22 08:00:00 INFO fine\n"
    (finding,) = home.triage(home.write("app.log", text)).findings
    assert finding.message.startswith("Traceback (most recent call last): (count 1, first")
    assert home.templates()["Traceback (most recent call last):"]["lines"] == 3


def test_indented_lines_belong_to_the_record_before_them(home: Home) -> None:
    log = "2026-11-22 08:00:00 INFO query\n  SELECT 1\n  FROM x\n2026-11-22 08:00:01 INFO done\n"
    home.triage(home.write("app.log", log))
    row = home.templates()["query"]
    assert (row["count"], row["lines"]) == (1, 3)


def test_packed_logs_and_folders_are_read_oldest_first(home: Home) -> None:
    def day(number: int) -> bytes:
        return f"2026-11-{number} 08:00:00 ERROR disk full\n".encode()

    home.write("app.log", day(25).decode())
    (home.logs / "app.log.1.gz").write_bytes(gzip.compress(day(24)))
    (home.logs / "app.log.2.bz2").write_bytes(bz2.compress(day(23)))
    (home.logs / "app.log-old.xz").write_bytes(lzma.compress(day(22)))
    home.write("notes.md", "not a log\n")
    result = home.triage(home.logs)
    row = home.templates()["disk full"]
    assert row["count"] == 4
    assert row["first"] == {
        "log": str(home.logs / "app.log-old.xz"), "line": 1, "time": "2026-11-22 08:00:00",
    }  # fmt: skip
    assert row["last"] == {
        "log": str(home.logs / "app.log"), "line": 1, "time": "2026-11-25 08:00:00",
    }  # fmt: skip
    assert [omission.reason for omission in result.omissions] == ["not named like logs"]
    assert result.findings[0].check.startswith("xzcat ")


def test_rotated_logs_without_times_are_read_by_their_numbers(home: Home) -> None:
    for name in ("app.log", "app.log.1", "app.log.2", "app.log.10"):
        home.write(name, "ERROR: disk full\n")
    home.triage(home.logs)
    row = home.templates()["disk full"]
    first, last = row["first"], row["last"]
    assert isinstance(first, dict)
    assert isinstance(last, dict)
    assert (Path(first["log"]).name, Path(last["log"]).name) == ("app.log.10", "app.log")


def test_a_damaged_log_is_counted_as_far_as_it_can_be_read(home: Home) -> None:
    whole = gzip.compress(b"".join(b"ERROR: disk %d full\n" % n for n in range(50_000)))
    (home.logs / "app.log.gz").write_bytes(whole[: len(whole) // 2])
    result = home.triage(home.logs / "app.log.gz")
    assert 0 < home.templates()["disk <n> full"]["count"] < 50_000  # type: ignore[operator]
    assert home.templates()["disk <n> full"]["count"] == home.notes["lines"]
    (omission,) = result.omissions
    assert omission.what.startswith(f"the log {home.logs}/app.log.gz from line ")
    assert omission.reason.startswith("it is damaged")
    assert "not to its end" in home.report


def test_what_is_no_log_is_said_and_not_read(home: Home) -> None:
    (home.logs / "core.log").write_bytes(b"\x7fELF\0\0")
    (home.logs / "wide.log").write_bytes("ERROR: x\n".encode("utf-16"))
    (home.logs / "bad.log.gz").write_bytes(b"no gzip")
    home.write("app.log", "ERROR: disk full\n")
    result = home.triage(home.logs, home.logs / "gone.log")
    reasons = {omission.what.rpartition("/")[2]: omission.reason for omission in result.omissions}
    assert reasons["core.log"] == "it is no text"
    assert reasons["wide.log"].startswith("it is written in UTF-16")
    assert reasons["bad.log.gz"].startswith("it is damaged")
    assert reasons["gone.log"] == "nothing is there"
    assert len(result.findings) == 1


def test_without_logs_it_is_blocked_and_says_how_to_name_some(home: Home) -> None:
    result = home.triage()
    assert result.blocked is not None
    assert 'genesis run "log triage" /var/log/app.log' in result.blocked


def test_without_paths_the_logs_of_the_repository_are_read(home: Home) -> None:
    (home.repository / "logs").mkdir()
    (home.repository / "logs/app.log").write_text("2026-11-22 08:00:00 ERROR no stock\n")
    (home.repository / "debug.log").write_text("2026-11-22 08:00:00 ERROR no stock\n")
    (finding,) = home.triage().findings
    assert (finding.file, finding.line) in (("logs/app.log", 1), ("debug.log", 1))
    assert "(count 2," in finding.message


def test_what_was_not_there_last_time_is_new_and_what_is_gone_is_named(home: Home) -> None:
    log = home.write("app.log", "ERROR: disk 1 full\nERROR: no stock for ann\nINFO: up\n")
    other = home.write("other.log", "ERROR: never seen\n")
    assert "so nothing is called new" in (home.triage(log), home.report)[1]
    home.triage(other)  # of another path, so it is not compared with
    log.write_text("ERROR: disk 2 full\nERROR: no bread at all\nINFO: up\n")
    result = home.triage(log)
    new = {name: row["new"] for name, row in home.templates().items()}
    assert new == {"disk <n> full": False, "no bread at all": True, "up": False}
    assert home.notes["gone"] == ["no stock for ann"]
    assert "1 kind of failure new since the triage of" in result.summary
    assert result.facts["log-new"] == 1
    assert "## Not seen again" in home.report


def test_a_variable_that_was_found_only_now_does_not_make_a_template_new(home: Home) -> None:
    log = home.write("app.log", "ERROR: no stock of bread today\n")
    home.triage(log)
    log.write_text("".join(f"ERROR: no stock of {what} today\n" for what in "abcdef"))
    home.triage(log)
    assert [row["new"] for row in home.templates().values()] == [False]


def test_the_same_log_twice_gives_the_same_findings_in_the_same_order(home: Home) -> None:
    lines = [f"2026-11-22 08:00:00 ERROR kind {'abcdefgh'[n % 8] * 3} broke\n" for n in range(40)]
    log = home.write("app.log", "".join(lines) + _TRACE.format(1))
    first, second = home.triage(log), home.triage(log)
    assert [one.message for one in first.findings] == [one.message for one in second.findings]


def test_notes_that_were_cut_short_are_passed_over(home: Home) -> None:
    log = home.write("app.log", "ERROR: disk full\n")
    home.triage(log)
    home.triage(log)
    (home.folder / "triage.json").write_text('{"paths": [')
    home.triage(log)
    assert [row["new"] for row in home.templates().values()] == [False]


def test_a_burst_is_told_with_its_minute_and_what_is_usual(home: Home) -> None:
    lines = [f"2026-11-22 08:{minute:02}:00 ERROR gateway slow\n" for minute in range(30)]
    lines += ["2026-11-22 08:29:30 ERROR gateway slow\n"] * 40
    result = home.triage(home.write("app.log", "".join(lines)))
    told = "41 of them in the minute from 2026-11-22 08:29, where 1 are usual"
    assert told in result.findings[0].evidence
    assert home.templates()["gateway slow"]["burst"] == {
        "start": "2026-11-22 08:29", "minutes": 1, "count": 41, "usual": 1.0,
    }  # fmt: skip


def test_an_even_stream_of_errors_is_no_burst(home: Home) -> None:
    lines = [
        f"2026-11-22 08:{minute:02}:{second:02} ERROR gateway slow\n"
        for minute in range(30)
        for second in range(0, 60, 2)
    ]
    home.triage(home.write("app.log", "".join(lines)))
    assert home.templates()["gateway slow"]["burst"] is None


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("2026-11-22 08:00:00 CRITICAL reactor on fire", "log-fatal", "high"),
        ("2026-11-22 08:00:00 ERROR no stock", "log-error", "medium"),
        ('1.2.3.4 - - [22/Nov/2026:08:00:00 +0000] "GET /a HTTP/1.1" 502 12', "log-error",
         "medium"),
        ("Nov 22 08:00:00 host kernel: Out of memory: Killed process 12 (java)", "log-failure",
         "medium"),
        ("Nov 22 08:00:00 host sshd[12]: fatal: no address", "log-fatal", "high"),
    ],
)  # fmt: skip
def test_severity_follows_the_level_or_the_words_of_a_known_failure(
    home: Home, line: str, rule: str, severity: str
) -> None:
    (finding,) = home.triage(home.write("app.log", line + "\n")).findings
    assert (finding.rule, finding.severity) == (rule, severity)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22 08:00:00 WARNING disk is nearly full, connection refused",
        "2026-11-22 08:00:00 INFO retry after connection reset",
        '1.2.3.4 - - [22/Nov/2026:08:00:00 +0000] "GET /error HTTP/1.1" 404 500',
        "Nov 22 08:00:00 host app[1]: 0 errors, timed out 0 times",
        "KeyboardInterrupt",
    ],
)
def test_what_is_no_failure_is_counted_and_not_reported(home: Home, line: str) -> None:
    result = home.triage(home.write("app.log", line + "\n"))
    assert result.findings == ()
    assert result.facts["log-lines"] == 1


def test_an_exception_with_which_a_program_is_ended_is_no_failure(home: Home) -> None:
    text = _TRACE.format("").replace("ValueError: bad price ", "KeyboardInterrupt")
    assert home.triage(home.write("app.log", text)).findings == ()


def test_secrets_reach_neither_findings_nor_files(home: Home) -> None:
    secret, token = "hunter" + "2secret99", "ghp_" + "a1B2c3D4e5F6" * 3
    log = f"ERROR: cannot open db://shop:{secret}@host/x with password={secret} token={token}\n"
    result = home.triage(home.write("app.log", log))
    written = result.model_dump_json() + home.report + (home.folder / "triage.json").read_text()
    assert secret not in written
    assert token not in written


def test_huge_lines_colours_and_bytes_that_are_no_text_do_no_harm(home: Home) -> None:
    text = b"\x1b[31mERROR\x1b[0m: red\n" + b"x" * 3_000_000 + b"\n\xff\xfe ERROR: odd\n"
    text += b'{"level": "error", "message": "half \\ud800"}\n'
    (home.logs / "app.log").write_bytes(text)
    result = home.triage(home.logs / "app.log")
    assert result.facts["log-lines"] == 4
    assert any(finding.message.startswith("red (") for finding in result.findings)


def test_more_kinds_than_are_kept_apart_are_counted_together_and_said(home: Home) -> None:
    def word(number: int) -> str:
        return "".join(chr(97 + int(digit)) for digit in f"{number:04}")

    lines = [f"ERROR: {word(n)} {word(9999 - n)}\n" for n in range(2100)]
    result = home.triage(home.write("app.log", "".join(lines)))
    rows = home.templates().values()
    assert sum(int(str(row["lines"])) for row in rows) == 2100 == home.notes["lines"]
    (omission,) = result.omissions
    assert omission.what == "the kinds of 100 records of level error"
    assert len(result.findings) == 30


@given(st.text(max_size=300))
def test_any_line_can_be_read(line: str) -> None:
    level, _time, _minute, message = read_record(line)
    assert level in ("fatal", "error", "warning", "info", "debug", "")
    assert isinstance(message, str)


def test_a_cause_is_told_only_for_words_that_mean_it() -> None:
    cause = likely_cause("OSError: [Errno 28] No space left on device")
    assert cause is not None
    assert "df -h" in cause.text
    assert likely_cause("there is space left on this device") is None
