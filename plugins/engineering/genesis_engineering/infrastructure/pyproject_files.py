"""Read what pyproject.toml declares: PEP 621 and 735, poetry, PDM, uv and hatch environments."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

from genesis.errors import GenesisError
from packaging.utils import canonicalize_name

from genesis_engineering.infrastructure.declarations import (
    BUILD,
    RUNTIME,
    Declaration,
    Declarations,
    Lines,
    is_development_name,
)
from genesis_engineering.infrastructure.poetry_versions import poetry_specifier
from genesis_engineering.infrastructure.requirements_files import read_requirement

Table = Mapping[str, object]
_LONG_LINE = re.compile(r"[^\n]{20000}")
_POSITION = re.compile(r"\(at line (\d+)")


class TomlSyntaxError(GenesisError):
    """A TOML file that does not parse; `line` counts from 1."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        position = _POSITION.search(message)
        self.line = int(position[1]) if position else 1


def parse_toml(text: str) -> Table:
    """The tables of a TOML text; none of one with a line over 20,000 characters.

    Raises TomlSyntaxError.
    """
    # The parser takes the square of a dotted key's length.
    if _LONG_LINE.search(text):
        return {}
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlSyntaxError(str(error)) from error
    except (RecursionError, ValueError) as error:
        raise TomlSyntaxError(f"cannot be read: {type(error).__name__}") from error


def table_at(table: Table, *keys: str) -> Table:
    """The table at a path of keys; empty where there is none."""
    found: object = table
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def texts_of(value: object) -> list[str]:
    """The texts of a list; [] for anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def read_pyproject(path: str, text: str, table: Table) -> Declarations:
    """Everything that the file declares, groups for developers too."""
    lines = Lines(text)
    project = table_at(table, "project")
    found = Declarations(is_dynamic="dependencies" in texts_of(project.get("dynamic")))
    found.found += _plain(path, lines, project.get("dependencies"), RUNTIME, "[project]")
    for name, items in table_at(project, "optional-dependencies").items():
        header = "[project.optional-dependencies]"
        found.found += _plain(path, lines, items, _extra(name, project), header)
    for name, items in table_at(table, "dependency-groups").items():
        found.found += _plain(path, lines, items, f"dev:{name}", "[dependency-groups]")
    requires = table_at(table, "build-system").get("requires")
    found.found += _plain(path, lines, requires, BUILD, "[build-system]")
    found.found += _poetry(path, lines, table_at(table, "tool", "poetry"))
    found.found += _tools(path, lines, table_at(table, "tool"))
    return found


def _extra(name: str, project: Table) -> str:
    """The group of an extra; one that is named like a command is what users of it need."""
    is_command = name in table_at(project, "scripts")
    return f"dev:{name}" if is_development_name(name) and not is_command else f"extra:{name}"


def _plain(
    path: str, lines: Lines, items: object, group: str, header: str
) -> Iterator[Declaration]:
    for item in texts_of(items):
        line = lines.find(item, header)
        remark = "#" in lines.at(line).partition(item)[2]
        declaration = read_requirement(item, path, line, group, remark=remark)
        if declaration:
            yield declaration


def _tools(path: str, lines: Lines, tool: Table) -> Iterator[Declaration]:
    yield from _plain(
        path, lines, table_at(tool, "uv").get("dev-dependencies"), "dev:uv", "[tool.uv"
    )
    for name, items in table_at(tool, "pdm", "dev-dependencies").items():
        yield from _plain(path, lines, items, f"dev:{name}", "[tool.pdm")
    for name, environment in table_at(tool, "hatch", "envs").items():
        if isinstance(environment, Mapping):
            for key in ("dependencies", "extra-dependencies"):
                header = f"[tool.hatch.envs.{name}"
                yield from _plain(path, lines, environment.get(key), f"dev:{name}", header)


def _poetry(path: str, lines: Lines, poetry: Table) -> Iterator[Declaration]:
    yield from _poetry_group(path, lines, poetry, RUNTIME, "[tool.poetry.dependencies]")
    header = "[tool.poetry.dev-dependencies]"
    old = {"dependencies": poetry.get("dev-dependencies")}
    yield from _poetry_group(path, lines, old, "dev:dev", header)
    for name, group in table_at(poetry, "group").items():
        if isinstance(group, Mapping):
            header = f"[tool.poetry.group.{name}.dependencies]"
            yield from _poetry_group(path, lines, group, f"dev:{name}", header)


def _poetry_group(
    path: str, lines: Lines, table: Table, group: str, header: str
) -> Iterator[Declaration]:
    for name, value in table_at(table, "dependencies").items():
        if name.lower() == "python":
            continue
        line = lines.find(name, header)
        details: Table = value if isinstance(value, Mapping) else {}
        version = details.get("version", "") if details else value
        optional = details.get("optional") is True
        conditional = {"python", "markers", "platform"} & details.keys() or isinstance(value, list)
        yield Declaration(
            canonicalize_name(name),
            poetry_specifier(version) if isinstance(version, str) else "",
            path,
            line,
            "extra:optional" if optional and group == RUNTIME else group,
            is_conditional=bool(conditional),
            is_direct=bool({"path", "git", "url", "file"} & details.keys()),
            remark="#" in lines.at(line),
        )
