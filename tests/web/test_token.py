"""The file of the token: made once, for its owner's eyes only."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from genesis.errors import HomeError
from genesis.web.token import is_sealed, matches, read_or_make_token, rotate_token, seal
from hypothesis import given
from hypothesis import strategies as st

TOKEN = "t" * 43


def test_it_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "token"
    token = read_or_make_token(path)
    assert len(token) == 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_token(path) == token
    assert [one.name for one in tmp_path.iterdir()] == ["token"]


def test_many_that_start_at_once_agree(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(read_or_make_token(tmp_path / "token")))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_new_one_ends_what_was_made_from_the_old(tmp_path: Path) -> None:
    path = tmp_path / "token"
    old = read_or_make_token(path)
    sealed = seal(old, "cookie", 100)
    new = rotate_token(path)
    assert new != old
    assert read_or_make_token(path) == new
    assert is_sealed(old, "cookie", sealed)
    assert not is_sealed(new, "cookie", sealed)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o666, 0o610])
def test_a_file_that_others_could_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    read_or_make_token(path)
    path.chmod(mode)
    with pytest.raises(HomeError, match="Delete it"):
        read_or_make_token(path)


@pytest.mark.parametrize("text", ["", "short", "x" * 44, "x" * 42 + "é", "x" * 43 + "\ny"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(HomeError, match="does not hold a token"):
        read_or_make_token(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(HomeError):
        read_or_make_token(tmp_path / "folder")
    real = tmp_path / "real"
    read_or_make_token(real)
    (tmp_path / "link").symlink_to(real)
    with pytest.raises(HomeError, match="cannot be read"):
        read_or_make_token(tmp_path / "link")


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="cannot be written"):
        read_or_make_token(tmp_path / "gone" / "token")


@given(st.binary(max_size=100))
def test_only_the_token_matches(given_text: bytes) -> None:
    assert matches(TOKEN, given_text) == (given_text == TOKEN.encode())
    assert matches(TOKEN, TOKEN.encode())


@given(st.data())
def test_a_seal_with_any_character_changed_is_none(data: st.DataObject) -> None:
    sealed = seal(TOKEN, "ticket", 1000)
    assert is_sealed(TOKEN, "ticket", sealed)
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(max_codepoint=0x2FF).filter(lambda one: one != sealed[at]))
    assert not is_sealed(TOKEN, "ticket", sealed[:at] + other + sealed[at + 1 :])


@given(st.text(max_size=200))
def test_no_other_text_is_a_seal(text: str) -> None:
    assert not is_sealed(TOKEN, "ticket", text)
