"""Parse JSON, TOML, YAML and shell as documents show them; says only what is surely broken."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
import tomllib

import yaml

from genesis_engineering.documents.python_code import BrokenCode

_ABBREVIATED = re.compile(
    r"\.\.\.|…|\{\{|\{%|<%|--8<--|<[A-Za-z][\w .:/-]*>|\{!|\$\{|^[+-] ", re.MULTILINE
)
_NOT_PLAIN_JSON = re.compile(r"^\s*(//|#|/\*|HTTP/|GET |POST |\$ )|\s//|/\*", re.MULTILINE)
_SHELL_OUTPUT = re.compile(
    r"^\s*(\$|>|%|\u276f|\u279c|#>|\(\w+\)|PS |C:\\|[\w.-]+@[\w.-]+[:~ ]|Usage:|\w+Error\b|>>>"
    r"|(In|Out) ?\[\d+\]:|\|(.*\|)?\s*$|\+[-=+]+\+\s*$)",
    re.MULTILINE,
)
# How programs begin a line that they print: `[WARNING]: ...`, `failed: [host]`; no command does.
_PRINTED = re.compile(r"\s*(\[\w+\]|[A-Za-z]\w*):\s")
# Words with a space between them where a value stands: `[Sample 1, Sample 2]`.
_BARE_WORDS = re.compile(r"[A-Za-z]\w* +\w+[\w ]*[,\]}]")
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BASH_SECONDS = 5


def find_broken_json(code: str) -> BrokenCode | None:
    """Why a block is not JSON; fragments of an object and several values in a row are fine."""
    if _ABBREVIATED.search(code) or _NOT_PLAIN_JSON.search(code) or not code.strip():
        return None
    if _is_json("{" + code.rstrip().rstrip(",") + "}") or _is_json(code.rstrip().rstrip(",")):
        return None
    if _is_json("[" + code.rstrip().rstrip(",") + "]"):
        return None
    return _first_json_error(code)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _first_json_error(code: str) -> BrokenCode | None:
    decoder, position = json.JSONDecoder(), 0
    while code[position:].strip():
        position += len(code[position:]) - len(code[position:].lstrip())
        try:
            _, position = decoder.raw_decode(code, position)
        except json.JSONDecodeError as error:
            is_minor = _BARE_WORDS.match(code, error.pos) is not None
            return BrokenCode(error.lineno, error.msg, is_minor)
        except RecursionError:
            return None
    return None


def find_broken_toml(code: str) -> BrokenCode | None:
    """Why a block is not TOML 1.0; alternatives that define a key twice are fine."""
    code = textwrap.dedent(code)
    if _ABBREVIATED.search(code) or re.search(r"\{\s*$", code, re.MULTILINE):
        return None
    try:
        tomllib.loads(code)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        if re.search(r"Cannot|overwrite|already", reason):
            return None
        line = re.search(r"at line (\d+)", reason)
        last = len(code.rstrip().split("\n"))
        return BrokenCode(int(line[1]) if line else last, reason)
    except RecursionError:
        return None
    return None


def find_broken_yaml(code: str) -> BrokenCode | None:
    """Why a block is not YAML; unknown tags and several documents are fine."""
    code = textwrap.dedent(code)
    if _ABBREVIATED.search(code):
        return None
    try:
        for _ in yaml.parse(code, Loader=_YAML_LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return BrokenCode(mark.line + 1 if mark else 1, error.problem or "not YAML")
    except (yaml.YAMLError, RecursionError):
        return None
    return None


def find_broken_shell(code: str) -> BrokenCode | None:
    """Why `bash -n`, which reads and runs nothing, refuses a block; sessions are left alone.

    Raises OSError when bash cannot be started.
    """
    if _ABBREVIATED.search(code) or _SHELL_OUTPUT.search(code):
        return None
    try:
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-n"],
            input=code.encode(), capture_output=True, timeout=_BASH_SECONDS,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    message = re.search(rb"line (\d+): (.*)", done.stderr)
    if done.returncode == 0 or message is None:
        return None
    lines = code.rstrip().split("\n")
    line = min(int(message[1]), len(lines))
    if any(_PRINTED.match(one) for one in (code.lstrip(), lines[line - 1])):
        return None
    return BrokenCode(line, message[2].decode("utf-8", errors="replace"))
