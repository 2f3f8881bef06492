"""Logs: what failed is counted exactly and shown where it happened; what did not fail is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.contracts import Finding, TaskResult
from genesis.errors import PluginError
from genesis.testing import run_tool
from genesis_engineering.log_lines import read_line
from genesis_engineering.log_templates import to_template
from genesis_engineering.masking import mask_text
from genesis_engineering.stack_traces import TraceReader
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

_TOOL = "genesis_engineering.log_errors:find_log_errors"
_TRACE = """Traceback (most recent call last):
  File "/srv/app/shop/cart.py", line 2, in total
    raise ValueError(price)
ValueError: bad price {}
"""


def _run(
    root: Path, log: str, params: dict[str, JsonValue] | None = None, name: str = "logs/app.log"
) -> TaskResult:
    files = {"shop/cart.py": "def total(price):\n    raise ValueError(price)\n", name: log}
    repository = root / "repository"
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    (repository / ".gitignore").write_text("logs/\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return run_tool(_TOOL, repository, root / "attempt", params)


def _only(result: TaskResult) -> Finding:
    assert len(result.findings) == 1, [finding.message for finding in result.findings]
    return result.findings[0]


def test_a_traceback_through_the_repository_is_reported_at_its_innermost_own_line(
    tmp_path: Path,
) -> None:
    log = (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/shop/cart.py", line 2, in total\n    x\n'
        '  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode\n    y\n'
        "json.decoder.JSONDecodeError: Expecting value\n"
    )
    finding = _only(_run(tmp_path, log))
    assert (finding.rule, finding.file, finding.line) == ("stack-trace", "shop/cart.py", 2)
    assert finding.severity == "high"
    assert "JSONDecodeError: Expecting value (once, first at logs/app.log:1)" in finding.message


def test_failures_that_differ_only_in_values_are_one_finding_with_count_first_and_last(
    tmp_path: Path,
) -> None:
    log = "".join(
        f"2024-05-0{day} 10:00:00,5 ERROR shop: order failed\n" + _TRACE.format(day)
        for day in (1, 2, 3)
    )
    result = _run(tmp_path, log)
    message = _only(result).message
    assert "3 times" in message
    assert "first at logs/app.log:2 (2024-05-01 10:00:00,5)" in message
    assert "last at logs/app.log:12 (2024-05-03 10:00:00,5)" in message
    assert result.facts == {"log-lines": 15, "log-failures": 3, "log-failure-kinds": 1}


def test_chained_exceptions_are_one_failure_with_its_cause(tmp_path: Path) -> None:
    log = (
        _TRACE.format(1)
        + "\nDuring handling of the above exception, another exception occurred:\n\n"
        + _TRACE.format(2).replace("ValueError:", "KeyError:")
        + "\nThe above exception was the direct cause of the following exception:\n\n"
        + _TRACE.format(3).replace("ValueError:", "shop.CartError:")
    )
    finding = _only(_run(tmp_path, log))
    assert finding.message.startswith("shop.CartError: bad price 3 (once, first at logs/app.log:1")
    assert "caused by KeyError: bad price 2\ncaused by ValueError: bad price 1" in finding.evidence


@pytest.mark.parametrize("prefix", ["web_1  | ", "2024-05-01T10:00:00Z app[7]: ", "    | "])
def test_a_prefix_on_every_line_does_not_hide_a_traceback(tmp_path: Path, prefix: str) -> None:
    log = "".join(prefix + line for line in _TRACE.format(7).splitlines(keepends=True))
    finding = _only(_run(tmp_path, log))
    assert (finding.file, finding.line) == ("shop/cart.py", 2)


def test_a_traceback_inside_of_a_json_line_is_found_once(tmp_path: Path) -> None:
    text = _TRACE.format(7).rstrip().replace('"', '\\"').replace("\n", "\\n")
    finding = _only(_run(tmp_path, f'{{"level": "error", "exc_info": "{text}"}}\n'))
    assert finding.message.startswith("ValueError: bad price 7 (once")


def test_traces_of_node_and_go_are_read(tmp_path: Path) -> None:
    log = (
        "TypeError: x is undefined\n    at foo (/srv/app/shop/cart.py:2:3)\n"
        "    at node:internal/main:1:1\nready\n"
        "panic: index out of range [5]\n\n"
        "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:10 +0x1d\n"
    )
    found = {
        finding.message.split(" (")[0]: finding.line for finding in _run(tmp_path, log).findings
    }
    assert found == {"TypeError: x is undefined": 2, "panic: index out of range [5]": 5}


def test_a_traceback_without_an_end_is_not_counted_but_said(tmp_path: Path) -> None:
    log = 'ERROR:shop:lost\nTraceback (most recent call last):\n  File "/a/b.py", line 1, in f\n'
    result = _run(tmp_path, log)
    assert _only(result).rule == "error-line"
    assert [omission.what for omission in result.omissions] == ["1 traceback"]


def test_lines_without_a_failure_are_left_alone(tmp_path: Path) -> None:
    log = (
        "2024-05-01 10:00:00 INFO shop: no ERROR found\nAn ERROR can occur here\n0 errors\n"
        "2024-05-01 10:00:00 DEBUG retry after CRITICAL-path\nlevel=info msg=error\n"
        '{"level": "info", "message": "error"}\n    at noon everything was fine\n'
    )
    assert _run(tmp_path, log).findings == ()


@pytest.mark.parametrize(
    ("line", "message", "is_severe"),
    [
        ("2024-05-01 10:00:00,1 - shop - ERROR - no stock", "no stock", False),
        ("CRITICAL:root:meltdown", "root:meltdown", True),
        ("[ERROR] no stock", "no stock", False),
        ("2024/05/01 10:00:00 [crit] 7#0: no memory", "7#0: no memory", True),
        ("[Wed May 01 10:00:00.5 2024] [core:error] AH1: no", "AH1: no", False),
        ('time=x level=error msg="disk full"', "disk full", False),
        ('{"severity": "FATAL", "msg": "gone"}', "gone", True),
        ("E0501 10:00:00.000001 7 main.cc:12] broken", "broken", False),
    ],
)
def test_the_usual_formats_are_read(line: str, message: str, is_severe: bool) -> None:
    found = read_line(line)
    assert found is not None
    assert (found.message, found.is_severe) == (message, is_severe)


def test_a_log_outside_of_the_repository_is_read_and_a_missing_one_is_said(tmp_path: Path) -> None:
    outside = tmp_path / "other.log"
    outside.write_text("ERROR: no stock\n", encoding="utf-8")
    result = _run(tmp_path, "fine\n", {"logs": [str(outside), "gone.log"]})
    finding = _only(result)
    assert (finding.file, finding.line) == (None, None)
    assert f"{outside}:1" in finding.message
    assert [omission.what for omission in result.omissions] == ["the log gone.log"]


def test_without_logs_it_says_so(tmp_path: Path) -> None:
    result = _run(tmp_path, "ERROR: x\n", name="notes.txt")
    assert result.findings == ()
    assert result.summary.startswith("There are no logs to look at")


def test_a_setting_that_is_no_list_names_itself(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="'logs' must be a list"):
        _run(tmp_path, "", {"logs": "app.log"})


def test_a_line_of_megabytes_and_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    result = _run(tmp_path, "error " + "x" * 3_000_000 + "\n\0\x7f\nERROR: no stock\n")
    assert _only(result).line == 3


def test_passwords_and_tokens_do_not_reach_a_finding(tmp_path: Path) -> None:
    secret = "hunter" + "2secret99"
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    log = f"ERROR: cannot open db://shop:{secret}@host/x with token={token}\n"
    finding = _only(_run(tmp_path, log))
    assert secret not in finding.model_dump_json()
    assert token not in finding.model_dump_json()


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=2), st.text("abc :", max_size=20))
def test_messages_that_differ_only_in_numbers_have_one_template(
    numbers: list[int], words: str
) -> None:
    first, second = (f"{words} took {number} ms" for number in numbers)
    assert to_template(first) == to_template(second)


@given(st.text(max_size=300))
def test_any_text_has_a_template_and_can_be_masked(text: str) -> None:
    assert len(to_template(text)) <= 500
    assert isinstance(mask_text(text), str)


@given(
    st.lists(
        st.sampled_from([*_TRACE.format(1).splitlines(), "", "x", " y", "panic: z", "\tat q"])
        | st.text(max_size=30),
        max_size=30,
    )
)
def test_any_lines_are_read_without_an_error(lines: list[str]) -> None:
    reader = TraceReader()
    traces = [trace for number, line in enumerate(lines, 1) for trace in reader.read(line, number)]
    traces += reader.finish()
    headers = sum("Traceback" in line or line.startswith("panic:") for line in lines)
    assert len(traces) + reader.cut_short <= headers + sum(" at " in line for line in lines)
    assert all(1 <= trace.first_line <= len(lines) for trace in traces)


@given(st.integers(1, 8), st.integers(0, 3))
def test_every_complete_traceback_is_found_once(number: int, blank_lines: int) -> None:
    text = "".join(_TRACE.format(index) + "\n" * blank_lines for index in range(number))
    reader = TraceReader()
    traces = [
        trace for at, line in enumerate(text.splitlines(), 1) for trace in reader.read(line, at)
    ]
    traces += reader.finish()
    assert [trace.message for trace in traces] == [f"bad price {index}" for index in range(number)]
    assert reader.cut_short == 0
