"""Change genesis.toml without losing what a person wrote in it."""

from __future__ import annotations

import os
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from genesis.errors import HomeError, SettingsError
from genesis.settings import read_settings_file, split_names


def set_disabled(path: Path, plugin: str, *, disabled: bool) -> bool:
    """Put a plugin into `[kernel] disabled`, or take it out; False when it was so already.

    Comments and layout stay. Raises SettingsError for a file that is not valid, HomeError for
    one that cannot be written.
    """
    read_settings_file(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    kernel = document.setdefault("kernel", tomlkit.table())
    if not isinstance(kernel, Table):
        raise SettingsError(f"{path}: 'kernel' must be a table, written [kernel].")
    listed = kernel.get("disabled", [])
    names = list(split_names(listed)) if isinstance(listed, str) else [str(n) for n in listed]
    if (plugin in names) == disabled:
        return False
    kernel["disabled"] = [*names, plugin] if disabled else [n for n in names if n != plugin]
    scratch = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(tomlkit.dumps(document), encoding="utf-8")
        os.replace(scratch, path)
    except OSError as error:
        raise HomeError(f"{path} cannot be written: {error.strerror}. Nothing changed.") from error
    return True
