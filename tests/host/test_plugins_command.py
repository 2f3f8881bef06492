"""`genesis plugins` and `genesis doctor` as a person runs them, with plugins that are broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.host.faults import quarantine

from tests.host.installing import HEADER, MEMBER
from tests.host.terminal import Terminal

GOOD = HEADER + MEMBER.replace("{name}", "good") + "\nclass Sick(Member):\n    pass\n"
SETTINGS = """# mine
[kernel]
workers = 2  # two cores
# the order matters
order = ["good"]
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal whose plugins are a good one and what a test installs."""
    found = Terminal(tmp_path)
    found.site.install("good", GOOD)
    return found


def test_every_broken_plugin_is_listed_with_its_reason_and_doctor_names_them(
    terminal: Terminal,
) -> None:
    site = terminal.site
    # Loaded right before `exits`, whose mention in the trial's output must not be spoilt.
    site.install("escaped", "print('half a line', end='')\nimport a_module_that_nobody_has")
    site.install("exits", "import os\nos._exit(7)")
    site.install("quits", "raise SystemExit(3)")
    states = terminal.states()
    assert {name: status["state"] for name, status in states.items()} == {
        "escaped": "failed", "exits": "failed", "good": "active", "quits": "failed",
    }  # fmt: skip
    assert "a_module_that_nobody_has" in states["escaped"]["reason"]
    assert "ended the interpreter with exit code 7" in states["exits"]["reason"]
    assert states["exits"]["distribution"] == "genesis-exits"
    told = terminal.run("doctor", exit_code=1)
    for name in ("escaped", "exits", "quits"):
        assert f"{name} 1.0 is failed at import" in told
        assert f"genesis plugins disable {name}" in told
    assert "good 1.0 is active" in told


def test_the_end_of_the_interpreter_in_a_later_step_is_blamed_on_who_caused_it(
    terminal: Terminal,
) -> None:
    code = HEADER + "class Sick(Plugin[NoSettings]):\n    @implements(hookspecs.genesis_tables)\n"
    tables = 'Tables(names=("bomb_t",), revisions=Path(__file__).parent / "revisions")'
    files = {"revisions/0001_first.py": "import os\nos._exit(9)\n"}
    terminal.site.install(
        "bomb", code + f"    def t(self):\n        return [{tables}]\n", files=files
    )
    states = terminal.states()
    assert states["bomb"]["state"] == "failed"
    assert "exit code 9" in states["bomb"]["reason"]
    assert states["good"]["state"] == "active"


def test_a_trial_neither_starts_nor_stops_plugins_nor_waits_for_their_threads(
    terminal: Terminal, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    code = f"""
threading.Thread(target=forever, daemon=False).start()

class Sick(Plugin[NoSettings]):
    async def start(self):
        Path({str(touched)!r}).touch()

    stop = start
"""
    terminal.site.install("busy", HEADER + code)
    assert terminal.states()["busy"]["state"] == "active"
    assert not touched.exists()
    assert not terminal.home.database.exists()


def test_a_disabled_plugin_is_not_imported_and_an_enabled_one_is(
    terminal: Terminal, tmp_path: Path
) -> None:
    imported = tmp_path / "imported"
    code = f"import pathlib\npathlib.Path({str(imported)!r}).touch()\n"
    terminal.site.install("telltale", code + GOOD.replace('"good"', '"telltale"'))
    terminal.settings.write_text(SETTINGS)
    assert "disabled from the next start on" in terminal.run("plugins", "disable", "telltale")
    assert "disabled already" in terminal.run("plugins", "disable", "telltale")
    assert terminal.states()["telltale"]["state"] == "disabled"
    assert "telltale 1.0 is disabled" in terminal.run("doctor")
    assert not imported.exists()
    written = terminal.settings.read_text()
    for line in SETTINGS.splitlines():
        assert line in written.splitlines()
    assert "enabled from the next start on" in terminal.run("plugins", "enable", "telltale")
    assert "is not disabled" in terminal.run("plugins", "enable", "telltale")
    assert not imported.exists()  # the commands that repair import no plugin
    assert terminal.states()["telltale"]["state"] == "active"
    assert imported.exists()


def test_only_an_installed_plugin_can_be_disabled_enabled_or_chosen(terminal: Terminal) -> None:
    for words in (("plugins", "disable", "god"), ("plugins", "enable", "god")):
        told = terminal.run(*words, exit_code=2)
        assert "'god' is not installed" in told
        assert "good" in told
    told = terminal.run("plugins", "list", "--plugins", "god", exit_code=2)
    assert "'god' is not installed" in told


def test_the_chosen_set_is_taken_from_option_or_environment(terminal: Terminal) -> None:
    terminal.site.install("other", "raise RuntimeError('imported')")
    assert terminal.states(GENESIS_PLUGINS="good")["other"]["state"] == "disabled"
    told = terminal.run("plugins", "list", "--plugins", "good")
    (line,) = (line for line in told.splitlines() if line.startswith("other "))
    assert "not in the chosen set" in line
    assert terminal.run("plugins", "--plugins", "good") == told


def test_a_plugin_in_quarantine_is_shown_until_it_is_reset(terminal: Terminal) -> None:
    told = terminal.run("plugins", "reset", "good", exit_code=2)
    assert "no plugin has run there" in told
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(terminal.site.folder))
        with Kernel(terminal.home, candidates=terminal.site.candidates()) as kernel:
            kernel.database.writer.write(lambda c: quarantine(c, "good", "1.0", "too many faults"))
    status = terminal.states()["good"]
    assert (status["state"], status["reason"]) == ("quarantined", "too many faults")
    assert status["distribution"] == "genesis-good"
    assert "good 1.0 is quarantined" in terminal.run("doctor", exit_code=1)
    assert "out of quarantine" in terminal.run("plugins", "reset", "good")
    assert "is not in quarantine" in terminal.run("plugins", "reset", "good", exit_code=2)
    assert terminal.states()["good"]["state"] == "active"


def test_what_failed_for_the_content_of_the_home_is_shown_until_a_start_goes_well(
    terminal: Terminal,
) -> None:
    code = """
class Sick(Plugin[NoSettings]):
    def __init__(self, context):
        super().__init__(context)
        if (context.folder / "wrong").exists():
            raise ValueError("the file 'wrong' is there")
"""
    terminal.site.install("reader", HEADER + code)
    wrong = terminal.home.root / "plugins" / "reader" / "wrong"
    wrong.parent.mkdir(parents=True)
    wrong.touch()
    assert terminal.states()["reader"]["state"] == "active"  # nobody has seen it yet
    terminal.run("schedule", "jobs")
    status = terminal.states()["reader"]
    assert (status["state"], status["step"]) == ("failed", "construct")
    assert status["reason"] == "ValueError: the file 'wrong' is there (at the last start)"
    assert "reader 1.0 is failed at construct" in terminal.run("doctor", exit_code=1)
    assert "reader is failed: ValueError: the file" in terminal.run("status", exit_code=1)
    wrong.unlink()
    terminal.run("schedule", "jobs")
    assert terminal.states()["reader"]["state"] == "active"
    assert "reader" not in terminal.run("status", exit_code=1)


def test_what_failed_and_is_installed_no_more_is_not_in_the_status(
    terminal: Terminal,
) -> None:
    terminal.site.install("gone", "raise RuntimeError('broken')")
    terminal.run("schedule", "jobs")
    assert "gone is failed: RuntimeError: broken" in terminal.run("status", exit_code=1)
    shutil.rmtree(terminal.site.folder / "genesis_gone-1.0.dist-info")
    assert "gone" not in terminal.run("status", exit_code=1)


def test_a_settings_file_that_is_not_valid_is_told_with_exit_code_3(terminal: Terminal) -> None:
    terminal.settings.write_text("[kernel\n")
    assert "not valid TOML" in terminal.run("plugins", exit_code=3)
    assert "not valid TOML" in terminal.run("plugins", "disable", "good", exit_code=3)
    assert terminal.settings.read_text() == "[kernel\n"
