"""Specialists in Markdown files: what is wrong is told with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts.specialists import Specialist
from genesis.errors import UsageError
from genesis.sessions.specialist_files import read_specialist, read_specialists
from hypothesis import example, given
from hypothesis import strategies as st

GOOD = """---
role: Looks for old names
kinds: [review]
tools:
  - links
  - tool: pattern
    kinds: [review]
    params: {expression: "\\\\bold\\\\b"}
emoji: 🔍
---
# What to do

Look.
"""


def write(folder: Path, text: str | bytes, name: str = "finder.md") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_describes_a_specialist(tmp_path: Path) -> None:
    found = read_specialist(write(tmp_path, GOOD))
    assert (found.id, found.team, found.role) == ("finder", "engineering", "Looks for old names")
    assert [use.tool for use in found.tools] == ["links", "pattern"]
    assert found.tools[1].params == {"expression": "\\bold\\b"}
    assert found.prompt == "# What to do\n\nLook."
    assert found.executor == "process"


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert read_specialist(write(tmp_path, text)).id == "finder"


def front(**changes: str | None) -> str:
    keys = {"role": "Tests", "kinds": "[review]", "tools": "[links]", **changes}
    lines = [f"{key}: {value}" for key, value in keys.items() if value is not None]
    return "\n".join(["---", *lines, "---", ""])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "first line must be '---'"),
        ("role: Tests\n", "first line must be '---'"),
        ("---\nrole: Tests\n", "no closing line '---'"),
        ("---\n---\n", "must be a mapping"),
        ("---\n- a\n- b\n---\n", "must be a mapping"),
        ("---\nrole: [unclosed\n---\n", "not valid YAML"),
        ("---\nrole: !!python/object:os.system x\n---\n", "not valid YAML"),
        ('---\nrole: !!int ""\n---\n', "not valid YAML"),
        ("---\nrole: 2001-99-99\n---\n", "not valid YAML"),
        ("---\nrole: " + "[" * 5000 + "\n---\n", "not valid YAML"),
        (front(role=None), "role: Field required"),
        (front(kinds=None), "kinds: Field required"),
        (front(tools=None), "tools: Field required"),
        (front(kinds="[]"), "kinds: "),
        (front(kinds="review"), "kinds: "),
        (front(tools="links"), "tools: "),
        (front(tools="[{tool: links, colour: red}]"), r"tools\.0\.colour: "),
        (front(tools="[3]"), r"tools\.0: "),
        (front(id="Big Name"), "id: "),
        (front(id="../escape"), "id: "),
        (front(executor="thread"), "executor: "),
        (front(colour="red"), "colour: "),
        (front(**{"3": "x"}), "3"),
        (b"---\nrole: caf\xe9\n---\n", "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=told) as caught:
        read_specialist(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "finder.md").mkdir()
    with pytest.raises(UsageError, match=r"finder\.md: cannot be read"):
        read_specialist(tmp_path / "finder.md")


def test_a_folder_is_read_by_name_and_a_missing_one_holds_none(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "b-two.md")
    write(tmp_path, GOOD, "a-one.md")
    write(tmp_path, "not one", "notes.txt")
    assert [found.id for found in read_specialists(tmp_path)] == ["a-one", "b-two"]
    assert read_specialists(tmp_path / "missing") == []


YAML_BITS = st.lists(
    st.sampled_from(
        ["role: x", "kinds: [a]", "tools: [t]", "- ", "!!int ''", "!!bool x", "!!timestamp x",
         "&a ", "*a", "? ", ": ", "{", "}", "[", "]", "'", '"', "\\ud800", "|", ">", "%",
         "2001-13-45", "0b_", "<<: ", "\t", "#", "\n", "---", "\x00", "\u2028",
         "!!binary x", "!!set {a}"]
    ),
    max_size=8,
).map("\n".join)  # fmt: skip


def read_or_told(path: Path) -> Specialist | str:
    """The specialist, or what a person is told; any other error passes through."""
    try:
        return read_specialist(path)
    except UsageError as error:
        return str(error)


@given(front=st.one_of(YAML_BITS, st.text(max_size=60)))
@example(front='tools: ["\\ud800"]')
@example(front="? [a]\n: b")
@example(front="&a [*a]")
@example(front="tools: &a [*a]")
def test_any_text_gives_a_specialist_or_a_usage_error(tmp_path: Path, front: str) -> None:
    path = tmp_path / "any.md"
    path.write_text(f"---\n{front}\n---\n", encoding="utf-8", errors="surrogatepass")
    found = read_or_told(path)
    assert isinstance(found, Specialist) or str(path) in found


@given(data=st.binary(max_size=80))
def test_any_bytes_give_a_specialist_or_a_usage_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.md"
    path.write_bytes(b"---\n" + data)
    found = read_or_told(path)
    assert isinstance(found, Specialist) or str(path) in found
