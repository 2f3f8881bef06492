"""The plugin costs nothing until a model is used, and keeps conversations on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from genesis_local_llm.settings import LocalLlmSettings
from pydantic import ValidationError

START = """
import json, socket, sys
from pathlib import Path
from genesis import Kernel, hookspecs
from genesis.home import Home

def no_network(*_): raise AssertionError("asked the network")
socket.socket.connect = no_network
with Kernel(Home(Path(sys.argv[1])), plugins="local_llm") as kernel:
    found = kernel.host.hooks.collect(hookspecs.genesis_models)
    records = [[plugin, *((r.name, r.description) for r in records)] for plugin, records in found]
    statuses = {status.id: status.reason for status in kernel.host.statuses()}
    print(json.dumps([records, statuses.get("local_llm"), sorted(sys.modules)]))
"""


def load(home: Path) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", START, str(home)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def test_the_host_finds_the_model_without_client_and_network(tmp_path: Path) -> None:
    [[plugin, record]], reason, modules = load(tmp_path)
    assert (plugin, reason) == ("local_llm", "")
    assert record == ["ollama", "the newest model of Ollama at http://127.0.0.1:11434"]
    assert {"ollama", "httpx"}.isdisjoint(modules)


def test_a_host_elsewhere_is_refused_with_the_setting_that_allows_it(tmp_path: Path) -> None:
    (tmp_path / "genesis.toml").write_text(
        '[plugins.local_llm]\nhost = "http://ollama.example.org:11434"\n'
    )
    records, reason, _ = load(tmp_path)
    assert records == []
    assert "`remote = true`" in reason


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:11434", "http://localhost:1", "https://[::1]:11434/below"]
)
def test_a_host_on_this_machine_is_taken(host: str) -> None:
    assert LocalLlmSettings(host=host).on_this_machine


@pytest.mark.parametrize(
    "host",
    [
        "http://192.168.1.2:11434", "http://0.0.0.0:11434", "http://127.0.0.1.example.org:80",
        "http://localhost.example.org:80", "http://[::]:11434",
    ],
)  # fmt: skip
def test_a_host_elsewhere_has_to_be_allowed(host: str) -> None:
    with pytest.raises(ValidationError, match="remote = true"):
        LocalLlmSettings(host=host)
    assert not LocalLlmSettings(host=host, remote=True).on_this_machine


@pytest.mark.parametrize(
    "values",
    [
        {"host": "localhost:11434"}, {"host": "http://127.0.0.1"}, {"host": ""},
        {"host": "http://127.0.0.1:x"}, {"host": "http://me:secret@127.0.0.1:11434"},
        {"host": "http://[::1:11434"}, {"host": "file:///127.0.0.1:1"},
        {"host": "http://127.0.0.1:11434?a=b"}, {"keep_alive": "10"}, {"keep_alive": "5 m"},
        {"timeout": 0}, {"context": 0}, {"model": ""}, {"modle": "x"},
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LocalLlmSettings(**values)
