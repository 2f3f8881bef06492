"""What a registry hands out is told from a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.archives import is_marked_archive, is_source_archive
from genesis_engineering.files import RepositoryFile


@pytest.mark.parametrize(
    ("names", "is_archive"),
    [
        (["PKG-INFO"], True),
        ([".cargo_vcs_info.json"], True),
        (["MANIFEST", "META.json"], True),
        (["MANIFEST", "META.yml"], True),
        (["META.json"], False),
        (["MANIFEST"], False),
        ([], False),
    ],
)
def test_an_archive_has_what_only_the_tool_that_packs_it_writes(
    tmp_path: Path, names: list[str], *, is_archive: bool
) -> None:
    files = []
    for name in [*names, "lib.pl"]:
        (tmp_path / name).write_text("")
        files.append(RepositoryFile(name, tmp_path / name, 0))
    assert is_marked_archive(tmp_path) is is_archive
    assert is_source_archive(tmp_path, files) is is_archive
