"""`--format` and `--fail-on`: what stdout has, and which exit code it comes with."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support import Command, acting, write_plan

BOTH = {"GENESIS_PLUGINS": "probe,engineering"}


def show(used: Command, *arguments: str) -> tuple[int, str, str]:
    used.environment |= BOTH
    done = used("sessions", "show", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_each_format_is_the_whole_of_stdout(used: Command) -> None:
    shown = {name: show(used, "--format", name) for name in ("markdown", "html", "sarif", "junit")}
    for name, (code, output, errors) in shown.items():
        assert (code, errors) == (0, ""), name
        assert output.endswith("\n"), name
        assert output.count("\n\n\n") == 0, name
    assert shown["markdown"][1].startswith("# a goal\n")
    assert shown["html"][1].startswith("<!doctype html>\n")
    (run,) = json.loads(shown["sarif"][1])["runs"]
    assert [result["message"]["text"] for result in run["results"]] == ["seen before"]
    assert ElementTree.fromstring(shown["junit"][1].encode()).tag == "testsuites"
    for name in ("markdown", "html", "sarif"):
        assert shown[name][1].count("seen before") == 1, name


def test_text_and_json_are_as_without_the_option_and_need_no_plugin(used: Command) -> None:
    used.environment["GENESIS_PLUGINS"] = "nothing-of-that-name"
    for name, option in (("json", ["--json"]), ("text", [])):
        with_name = used("sessions", "show", "--format", name)
        assert (with_name.returncode, with_name.stderr) == (0, "")
        assert with_name.stdout == used("sessions", "show", *option).stdout


@pytest.mark.parametrize("command", ["show", "run"])
def test_a_format_that_nobody_has_is_refused_before_any_work(
    used: Command, repository: Path, command: str
) -> None:
    if command == "show":
        code, output, errors = show(used, "--format", "pdf")
    else:
        used.environment |= BOTH
        done = used("run", "g", "--repo", str(repository), "--team", "probe", "--format", "pdf")
        code, output, errors = done.returncode, done.stdout, done.stderr
    assert (code, output) == (2, "")
    assert "no report format 'pdf'. Formats are: text, json, html, junit, markdown" in errors
    assert len(json.loads(used("sessions", "list", "--json").stdout)) == 1


def test_json_and_another_format_contradict_each_other(used: Command) -> None:
    code, output, errors = show(used, "--json", "--format", "html")
    assert (code, output) == (2, "")
    assert "contradict" in errors
    assert show(used, "--json", "--format", "json")[0] == 0


def test_the_threshold_decides_the_exit_code_and_the_report_is_printed_all_the_same(
    used: Command,
) -> None:
    plain = used("sessions", "show").stdout
    for threshold, code in (("high", 0), ("medium", 0), ("low", 1), ("info", 1)):
        assert show(used, "--fail-on", threshold) == (code, plain, ""), threshold
    assert show(used, "--fail-on", "low", "--format", "sarif")[0] == 1
    assert show(used, "--fail-on", "dreadful")[0] == 2


def test_run_ends_with_the_threshold_and_a_blocked_session_with_its_own_code(
    genesis: Command, repository: Path
) -> None:
    words = ["--repo", str(repository), "--team", "probe", "--format", "json", "--fail-on"]
    write_plan(repository, acting("a", ["find", "seen"]))
    for threshold, code in (("medium", 0), ("low", 1)):
        done = genesis("run", "a goal", *words, threshold)
        assert done.returncode == code
        assert json.loads(done.stdout)["exit_code"] == 0
    assert genesis("run", "a forbidden goal", *words, "info").returncode == 4


def test_a_run_of_the_engineering_team_can_be_piped_into_a_code_host(
    genesis: Command, repository: Path
) -> None:
    genesis.environment |= {
        "GENESIS_PLUGINS": "engineering", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0",
    }  # fmt: skip
    options = ["--repo", str(repository), "--format", "sarif", "--fail-on", "low"]
    done = genesis("run", "review — 🔍", *options)
    assert done.returncode == 1, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert "no-tests" in [result["ruleId"] for result in run["results"]]
    page = genesis("sessions", "show", "--format", "html").stdout
    assert "<h1>review — 🔍</h1>" in page
