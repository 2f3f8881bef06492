"""The kernel's settings: `[kernel]` of genesis.toml, the environment above it, options on top."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from genesis.errors import SettingsError

Names = Annotated[tuple[str, ...], NoDecode]
Level = Literal["debug", "info", "warning", "error"]


class KernelSettings(BaseSettings):
    """`plugins` is the chosen set (None: all installed), `order` what to load first.

    `embedder` names what memories are searched with (None: the first that a plugin contributes),
    `model` what answers (None: the first that lacks nothing).
    `workers` is how many attempts run at once; `durability` is `full` (survives a power cut at
    every write) or `normal` (may then lose the last writes, is faster).

    For `genesis up`: `hosts` are further names under which its server may be asked;
    `drain_seconds` is what running work gets to finish when it ends. `log_level`
    and `log_levels` (by plugin) say from which level on `logs/genesis.log` is written, which is
    begun anew at `log_megabytes`; `log_files` older ones are kept.
    """

    model_config = SettingsConfigDict(env_prefix="GENESIS_", extra="forbid", frozen=True)

    plugins: Names | None = None
    disabled: Names = ()
    order: Names = ()
    embedder: str | None = None
    model: str | None = None
    workers: int = Field(default=max(2, min(os.cpu_count() or 2, 8)), ge=1, le=64)
    durability: Literal["full", "normal"] = "full"
    hosts: Names = ()
    drain_seconds: float = Field(default=10.0, ge=0, le=600)
    log_level: Level = "info"
    log_levels: Annotated[dict[str, Level], NoDecode] = Field(default_factory=dict)
    log_megabytes: float = Field(default=10.0, ge=0.01, le=1000)
    log_files: int = Field(default=5, ge=1, le=100)

    @field_validator("plugins", "disabled", "order", "hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Let `a,b` stand for a list, as the environment and the command line write it."""
        return split_names(value) if isinstance(value, str) else value

    @field_validator("log_levels", mode="before")
    @classmethod
    def _split_levels(cls, value: object) -> object:
        """Let `a=debug,b=error` stand for a table."""
        if not isinstance(value, str):
            return value
        pairs = [name.partition("=") for name in split_names(value)]
        return {name.strip(): level.strip() for name, _, level in pairs}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes above the file, whose values come in as arguments."""
        return env_settings, init_settings


def read_settings_file(path: Path) -> dict[str, object]:
    """The tables of genesis.toml; empty when there is none. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}. Correct that line; nothing was changed."
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            f"{path} is not valid TOML: line {line} is not UTF-8. Correct that line; nothing was "
            "changed."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}. Correct its permissions, or name another "
            "home with --home."
        ) from error


def load_kernel_settings(
    path: Path, tables: Mapping[str, object], plugins: str | None = None
) -> KernelSettings:
    """The settings of the kernel; `plugins` is the option `--plugins a,b`. Raises SettingsError."""
    unknown = sorted(set(tables) - {"kernel", "plugins"})
    if unknown:
        raise SettingsError(
            f"{path}: the table [{unknown[0]}] is unknown. Known are [kernel] and [plugins.<id>]."
        )
    table = tables.get("kernel", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: 'kernel' must be a table, written [kernel].")
    surplus = sorted(set(table) - set(KernelSettings.model_fields))
    if surplus:
        raise SettingsError(
            f"{path}: [kernel] {surplus[0]} is unknown. Known are: "
            f"{', '.join(sorted(KernelSettings.model_fields))}. Correct it."
        )
    try:
        settings = KernelSettings(**table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        name = f"GENESIS_{str(first['loc'][0]).upper()}"
        where = f"the environment: {name}" if name in os.environ else f"{path}: [kernel] {key}"
        raise SettingsError(f"{where}: {first['msg']}. Correct it.") from None
    if plugins is None:
        return settings
    # A copy, because the environment would stand above an argument.
    return settings.model_copy(update={"plugins": split_names(plugins)})


def split_names(text: str) -> tuple[str, ...]:
    """The names in `a,b`, as the environment and the command line write a list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def plugin_table(tables: Mapping[str, object], plugin_id: str) -> Mapping[str, object]:
    """The table `[plugins.<id>]`. Raises SettingsError when it is no table."""
    plugins = tables.get("plugins", {})
    table = plugins.get(plugin_id, {}) if isinstance(plugins, dict) else None
    if not isinstance(table, dict):
        raise SettingsError(f"genesis.toml: write the settings as a table [plugins.{plugin_id}].")
    return table
