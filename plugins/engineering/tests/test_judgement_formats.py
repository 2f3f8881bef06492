"""What the formats say of a judgement: new, likely, more like it, fixed, not looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from genesis.contracts.reports import SessionReport
from genesis_engineering.formats.html import write_html
from genesis_engineering.formats.markdown import write_markdown
from genesis_engineering.formats.sarif import write_sarif
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

from plugins.engineering.tests.judging import finding, judged, report


@pytest.fixture
def compared(tmp_path: Path) -> SessionReport:
    """A session with 14 known findings of a rule and one new one, one fixed, some not looked for,
    one suppressed."""
    lines = [f"eval(x{n})" for n in range(14)]
    (tmp_path / "a.py").write_text("\n".join([*lines, "gone()"]))

    def eval_at(number: int, **more: object):
        return finding("eval", file="a.py", line=number, message="m <b>", **more)

    evals = [eval_at(n + 1) for n in range(14)]
    gone = finding("fixed-rule", file="a.py", line=15, message="it was")
    missed = finding("page-rule", message="who knows")
    first = judged(report(tmp_path, {"backend": [*evals, gone], "frontend": [missed]}))
    quiet = "quiet()  # genesis: ignore[quiet]"
    (tmp_path / "a.py").write_text("\n".join([*lines, "eval(new)", quiet]))
    found = [*evals, eval_at(15, confidence="likely"), finding("quiet", file="a.py", line=16)]
    second = report(tmp_path, {"backend": found}, number=2, failed=("frontend",))
    return judged(second, first)


SAID = (
    "1 new, 14 known, 1 fixed since session-1; 1 of before not looked at this time; "
    "suppressed: 1 by a comment"
)


def test_markdown_says_it(compared: SessionReport) -> None:
    text = write_markdown(compared)
    assert f"- Judged: {SAID}\n" in text
    assert text.count("**eval**") == 3
    assert "## Low (15)" in text
    assert "**eval** (new, likely) `a.py:15` — m \\<b\\>" in text
    assert text.count("and 12 more like it") == 1
    assert "## Fixed (1)\n\n- **fixed-rule a.py:15**: it was\n" in text
    assert "## Not looked at this time (1)\n\n- **page-rule**: who knows\n" in text
    assert "quiet" not in text


def test_html_says_it(compared: SessionReport) -> None:
    text = write_html(compared)
    assert f"<dd>{SAID}</dd>" in text
    assert text.count('<span class="rule">eval</span>') == 3
    assert text.count('<span class="chip new">new</span>') == 1
    assert '<span class="chip likely">likely</span>' in text
    assert text.count('<p class="more">and 12 more like it</p>') == 1
    assert "<h2>Fixed (1)</h2>" in text
    assert "<strong>fixed-rule a.py:15</strong>: it was" in text
    assert "<h2>Not looked at this time (1)</h2>" in text
    assert "quiet" not in text


def test_sarif_has_every_finding_that_stands_and_none_that_does_not(
    compared: SessionReport,
) -> None:
    text = write_sarif(compared)
    Log.model_validate_json(text)
    (run,) = json.loads(text)["runs"]
    results = run["results"]
    assert [one["ruleId"] for one in results] == ["eval"] * 15
    states = [one["baselineState"] for one in results]
    assert (states.count("new"), states.count("unchanged")) == (1, 14)
    (new,) = [one for one in results if one["baselineState"] == "new"]
    assert new["properties"]["confidence"] == "likely"
    assert (new["rank"], {one["rank"] for one in results}) == (42, {50, 42})
    assert new["properties"]["specialists"] == ["backend"]
    names = {one["partialFingerprints"]["genesisFinding/v2"] for one in results}
    assert len(names) == 15
    assert all(name.count(":") == 1 for name in names)
    assert run["properties"]["judgement"]["fixed"] == 1
    assert run["properties"]["fixed"] == [
        {"ruleId": "fixed-rule", "file": "a.py", "line": 15, "message": "it was"}
    ]
    (first,) = json.loads(write_sarif(report(Path("/r"), {})))["runs"]
    assert run["baselineGuid"] == first["automationDetails"]["guid"]
    assert "baselineGuid" not in first


def test_sarif_names_a_finding_the_same_when_lines_around_change(tmp_path: Path) -> None:
    def names(text: str, line: int) -> list[str]:
        (tmp_path / "a.py").write_text(text)
        one = finding("eval", file="a.py", line=line)
        (run,) = json.loads(write_sarif(judged(report(tmp_path, {"backend": [one]}))))["runs"]
        return [result["partialFingerprints"] for result in run["results"]]

    assert names("a\neval()\nb\n", 2) == names("c\n\neval()\nd\n", 3)
    assert names("a\neval()\nb\n", 2) != names("a\neval(1)\nb\n", 2)


def test_a_finding_that_cannot_be_compared_has_no_state(tmp_path: Path) -> None:
    first = judged(report(tmp_path, {}, failed=("backend",)))
    second = judged(report(tmp_path, {"backend": [finding()]}, number=2), first)
    (run,) = json.loads(write_sarif(second))["runs"]
    assert "baselineState" not in run["results"][0]
    assert "(new" not in write_markdown(second)


def test_why_nothing_was_judged_is_said(tmp_path: Path) -> None:
    unjudged = report(tmp_path, {}).model_copy(
        update={"summary": {"judgement": {"fault": "the judge failed"}}}
    )
    assert "- Not judged: the judge failed\n" in write_markdown(unjudged)
