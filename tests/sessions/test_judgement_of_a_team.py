"""The engineering team's judgement of a real repository, over several runs of the real command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import Command, make_repository

FILES = {
    "shop/cart.py": (
        "import os\n\n\n"
        "def total(items=[]):\n    items.append(1)\n    return items\n\n\n"
        "def parse(text):\n    try:\n        return eval(text)\n    except:\n        pass\n\n\n"
        "def again(text):\n    try:\n        return eval(text)\n    except:\n        pass\n"
    ),
    "shop/names.py": "def go():\n    raise 'no'\n\n\ndef other():\n    return undefined_here\n",
    "README.md": "# Shop\n\nSee [the cart](docs/cart.md) and [names](docs/names.md).\n",
    "tests/test_shop.py": "def test_it():\n    assert True\n",
}
Findings = list[tuple[str, str | None, int | None]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", FILES)


@pytest.fixture
def engineering(genesis: Command) -> Command:
    genesis.environment["GENESIS_PLUGINS"] = "engineering"
    return genesis


def review(command: Command, repository: Path) -> dict[str, object]:
    done = command("run", "nightly review", "--repo", str(repository), "--json")
    assert done.returncode in (0, 1), done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    assert document["judgement"] is not None, document["summary"]
    return document


def listed(document: dict[str, object], state: str = "") -> Findings:
    """Rule, file and line of what stands, all of it or what has a state."""
    return [
        place(one["finding"])
        for one in document["judgement"]["findings"]
        if state in (one["state"] or "")
    ]


def place(finding: dict[str, object]) -> tuple[str, str | None, int | None]:
    return (finding["rule"], finding["file"], finding["line"])


def fixed(document: dict[str, object]) -> Findings:
    return [place(one) for one in document["judgement"]["fixed"]]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))


def test_the_same_twice_then_exactly_what_was_fixed_and_added(
    engineering: Command, shop: Path
) -> None:
    first = review(engineering, shop)
    rules = [rule for rule, _, _ in listed(first)]
    for rule in ("raise-literal", "mutable-default", "bare-except", "eval", "broken-link"):
        assert rule in rules, rules
    assert listed(first, "new") == listed(first, "known") == []

    second = review(engineering, shop)
    assert [one["finding"] for one in second["judgement"]["findings"]] == [
        one["finding"] for one in first["judgement"]["findings"]
    ]
    assert listed(second, "known") == listed(first)
    assert second["judgement"]["compared_with"] == first["session_id"]
    assert second["summary"]["judgement"]["known"] == len(rules)

    # Three are fixed: one of two equal lines, one of two links on a line, one alone in its file.
    edit(shop / "shop/cart.py", "    except:\n", "    except ValueError:\n")
    edit(shop / "README.md", "[the cart](docs/cart.md)", "the cart")
    edit(shop / "shop/names.py", "raise 'no'", "raise ValueError('no')")
    # Two are added, one of a rule that was fixed in this file; and all lines of it move.
    edit(shop / "shop/cart.py", "import os\n", '"""The cart."""\n\nimport os\n')
    with (shop / "shop/cart.py").open("a") as cart:
        cart.write("\n\ndef third(text):\n    try:\n        return int(text)\n    except:\n")
        cart.write("        return None\n")
    (shop / "shop/more.py").write_text("def more(x):\n    return x is 'more'\n")

    third = review(engineering, shop)
    assert sorted(fixed(third)) == [
        ("bare-except", "shop/cart.py", 12),
        ("broken-link", "README.md", 3),
        ("raise-literal", "shop/names.py", 2),
    ]
    assert [
        one["message"] for one in third["judgement"]["fixed"] if one["file"] == "README.md"
    ] == ["The link leads to docs/cart.md, which is not in the repository."]
    assert sorted(listed(third, "new")) == [
        ("bare-except", "shop/cart.py", 28),
        ("is-literal", "shop/more.py", 2),
    ]
    assert len(listed(third, "known")) == len(rules) - 3
    assert third["judgement"]["not_comparable"] == []

    text = engineering("sessions", "show").stdout
    told = f"2 new, {len(rules) - 3} known, 3 fixed since {second['session_id']}."
    assert told in text
    assert "shop/more.py:2" in text
    assert "Fixed (3)" in text


def test_a_baseline_and_comments_leave_only_what_is_new_to_fail_on(
    engineering: Command, shop: Path
) -> None:
    before = review(engineering, shop)
    assert engineering("sessions", "show", "--fail-on", "high").returncode == 1
    written = engineering("baseline", "write")
    assert (written.returncode, written.stderr) == (0, "")
    path = shop / ".genesis-baseline.json"
    count = len(listed(before))
    assert written.stdout == f"{path}: {count} findings, of {before['session_id']}.\n"
    hidden = review(engineering, shop)
    assert (listed(hidden), fixed(hidden)) == ([], [])
    assert hidden["summary"]["judgement"]["suppressed"] == count
    assert engineering("sessions", "show", "--fail-on", "info").returncode == 0
    shown = engineering("baseline", "show", "--repo", str(shop))
    assert shown.stdout.count("\n") == count
    as_json = engineering("baseline", "show", "--repo", str(shop), "--json")
    assert len(json.loads(as_json.stdout)["findings"]) == count
    text = path.read_text()
    assert engineering("baseline", "write").returncode == 0
    assert path.read_text() == text

    (shop / "shop/more.py").write_text(
        "def more(x):\n    raise 'more'\n\n\n"
        "def other(x):\n    # genesis: ignore[raise-literal] a joke\n    raise 'other'\n"
    )
    after = review(engineering, shop)
    assert listed(after) == listed(after, "new") == [("raise-literal", "shop/more.py", 2)]
    by_comment = [one for one in after["judgement"]["suppressed"] if one["by"] == "comment"]
    assert [(place(one["finding"]), one["reason"]) for one in by_comment] == [
        (("raise-literal", "shop/more.py", 7), "a joke")
    ]
    assert engineering("sessions", "show", "--fail-on", "high").returncode == 1
    (run,) = json.loads(engineering("sessions", "show", "--format", "sarif").stdout)["runs"]
    assert [one["baselineState"] for one in run["results"]] == ["new"]


def test_a_damaged_baseline_is_told_of_and_never_overwritten(
    engineering: Command, shop: Path
) -> None:
    path = shop / ".genesis-baseline.json"
    path.write_text("<<<<<<< ours\n")
    document = review(engineering, shop)
    assert ("baseline-unreadable", ".genesis-baseline.json", None) in listed(document)
    assert len(listed(document)) > 5
    refused = engineering("baseline", "write")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "The baseline cannot be read" in refused.stderr
    assert path.read_text() == "<<<<<<< ours\n"
    path.unlink()
    assert engineering("baseline", "write").returncode == 0
    assert "baseline-unreadable" not in path.read_text()


def test_a_baseline_of_what_was_not_judged_or_is_not_there_is_refused(
    engineering: Command, shop: Path, tmp_path: Path
) -> None:
    def refusal(*words: str) -> str:
        done = engineering("baseline", *words)
        assert (done.returncode, done.stdout) == (2, ""), done
        return done.stderr

    assert "There is no home" in refusal("write")
    assert "is not a folder" in refusal("show", "--repo", str(tmp_path / "absent"))
    review(engineering, shop)
    assert "There is no session 'nothing'" in refusal("write", "nothing")
    shop.rename(tmp_path / "moved")
    assert "is not a folder" in refusal("write")
