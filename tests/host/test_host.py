"""One host goes through a start with all its plugins, and through a stop in reverse."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.contracts.plugins import PluginStatus
from genesis.host.faults import quarantine

from tests.host.installing import HEADER, KERNEL, MEMBER, Site, make_home, revision, run_session

LIFE = """
class Living(Member):
    async def start(self):
        HEARD.append("start")

    async def stop(self):
        HEARD.append("stop")
"""
# Its specialist is in the team of `alpha` and uses its tool.
LODGER = """
class Lodger(Plugin[NoSettings]):
    async def start(self):
        HEARD.append("start")

    async def stop(self):
        HEARD.append("stop")

    @implements(hookspecs.genesis_specialists)
    def specialists(self):
        return [Specialist(id="lodger", team="alpha-team", role="works", kinds=("work",),
                           tools=(ToolUse(tool="alpha-tool"),), executor="inline")]
"""


def install_living(site: Site, plugin: str, code: str = LIFE) -> str:
    before = HEADER + MEMBER.replace("{name}", plugin)
    return site.install(plugin, before + code, class_name="Living")


def by_id(kernel: Kernel) -> dict[str, PluginStatus]:
    return {status.id: status for status in kernel.host.statuses()}


def test_two_kernels_with_different_plugins_live_in_one_process(
    site: Site, tmp_path: Path, repository: Path
) -> None:
    for name in ("alpha", "beta"):
        site.install_healthy(name)
    candidates = site.candidates()
    one = Kernel(make_home(tmp_path / "one"), candidates=candidates, plugins="alpha")
    both = Kernel(make_home(tmp_path / "both"), candidates=candidates)
    with one, both:
        assert list(one.roster.teams) == ["alpha-team"]
        assert list(both.roster.teams) == ["alpha-team", "beta-team"]
        assert by_id(one)["beta"].reason == "not in the chosen set of plugins"
        for kernel in (one, both):
            assert run_session(kernel, "alpha-team", repository).status == "completed"
        assert run_session(both, "beta-team", repository).status == "completed"


def test_plugins_stop_in_the_reverse_order_of_their_starts(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="genesis.plugins")
    code = """
class Living(Member):
    async def start(self):
        self.context.logger.info("start")

    async def stop(self):
        self.context.logger.info("stop")
"""
    for name in ("alpha", "beta", "gamma"):
        install_living(site, name, code)
    home = make_home(tmp_path / "home", 'order = ["gamma"]\n')
    with Kernel(home, candidates=site.candidates()):
        pass
    assert [(record.message, record.name.split(".")[-1]) for record in caplog.records] == [
        ("start", "gamma"), ("start", "alpha"), ("start", "beta"),
        ("stop", "beta"), ("stop", "alpha"), ("stop", "gamma"),
    ]  # fmt: skip


def test_a_plugin_whose_team_fails_to_start_is_withdrawn_and_stopped(
    site: Site, tmp_path: Path
) -> None:
    install_living(site, "alpha", "class Living(Member):\n    async def start(self): 1 / 0\n")
    package = site.install("lodger", HEADER + LODGER, class_name="Lodger")
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        assert by_id(kernel)["alpha"].step == "start"
        status = by_id(kernel)["lodger"]
        assert (status.state, status.step) == ("failed", "conflicts")
        assert "the team 'alpha-team'" in status.reason
        assert not kernel.roster.specialists
    assert importlib.import_module(package).HEARD == ["start", "stop"]


def test_what_requires_a_plugin_that_fails_to_start_is_not_started(
    site: Site, tmp_path: Path
) -> None:
    install_living(site, "alpha", "class Living(Member):\n    async def start(self): 1 / 0\n")
    needs = (KERNEL, "genesis-alpha")
    package = site.install("lodger", HEADER + LODGER, class_name="Lodger", requires=needs)
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        assert by_id(kernel)["lodger"].reason == "requires 'genesis-alpha', which failed"
    assert importlib.import_module(package).HEARD == []


def test_a_plugin_in_quarantine_is_neither_started_nor_stopped_and_keeps_its_team(
    site: Site, tmp_path: Path, repository: Path
) -> None:
    package = install_living(site, "alpha")
    site.install("lodger", HEADER + LODGER, class_name="Lodger")
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=site.candidates()) as kernel:
        kernel.database.writer.write(lambda c: quarantine(c, "alpha", "1.0", "deaf"))
    heard = importlib.import_module(package).HEARD
    assert heard == ["start", "stop"]
    with Kernel(home, candidates=site.candidates()) as kernel:
        states = {name: status.state for name, status in by_id(kernel).items()}
        assert states == {"alpha": "quarantined", "lodger": "active"}
        assert run_session(kernel, "alpha-team", repository).status == "completed"
    assert heard == ["start", "stop"]


def test_a_plugin_in_quarantine_goes_when_what_it_builds_on_fails_to_start(
    site: Site, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    install_living(site, "alpha")
    site.install("lodger", HEADER + LODGER, class_name="Lodger")
    with Kernel(home, candidates=site.candidates()) as kernel:
        kernel.database.writer.write(lambda c: quarantine(c, "lodger", "1.0", "deaf"))
    broken = Site(tmp_path / "broken")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(broken.folder))
        install_living(broken, "alpha", "class Living(Member):\n    async def start(self): 1 / 0\n")
        others = [found for found in site.candidates() if found.id == "lodger"]
        with Kernel(home, candidates=[*broken.candidates(), *others]) as kernel:
            assert by_id(kernel)["lodger"].state == "failed"
            assert not kernel.roster.specialists


def test_tables_grow_with_a_plugins_releases_and_stay_when_it_is_gone(
    site: Site, tmp_path: Path
) -> None:
    package = site.install_healthy("alpha")
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=site.candidates()) as kernel:
        kernel.database.writer.write(
            lambda c: c.exec_driver_sql("INSERT INTO alpha_notes VALUES (7)")
        )
    folder = site.folder / package / "revisions"
    more = revision("ALTER TABLE alpha_notes ADD COLUMN word TEXT", number="0002")
    (folder / "0002_more.py").write_text(more)
    with Kernel(home, candidates=site.candidates()) as kernel:
        assert by_id(kernel)["alpha"].state == "active"
    with Kernel(home, candidates=[]) as kernel, kernel.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, word FROM alpha_notes").all()
        assert [tuple(row) for row in rows] == [(7, None)]
    (folder / "0002_more.py").unlink()
    with Kernel(home, candidates=site.candidates()) as kernel:
        status = by_id(kernel)["alpha"]
        assert (status.state, status.step) == ("failed", "migrate")
        assert "newer" in status.reason


def test_a_table_that_exists_already_cannot_be_taken_over(site: Site, tmp_path: Path) -> None:
    site.install_healthy("alpha")
    home = make_home(tmp_path / "home")
    with Kernel(home, candidates=[]) as kernel:
        kernel.database.writer.write(
            lambda c: c.exec_driver_sql("CREATE TABLE Alpha_Notes (id INTEGER)")
        )
    with Kernel(home, candidates=site.candidates()) as kernel:
        status = by_id(kernel)["alpha"]
    assert (status.state, status.step) == ("failed", "migrate")
    assert "'alpha_notes' exists and was not made by this plugin" in status.reason


def test_a_write_of_a_plugin_that_ends_the_interpreter_is_an_error_of_its_own(
    site: Site, tmp_path: Path
) -> None:
    install_living(
        site,
        "alpha",
        "class Living(Member):\n    async def start(self):\n"
        "        self.context.write(lambda connection: sys.exit(1))\n",
    )
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        assert "a write of 'alpha' raised SystemExit(1)" in by_id(kernel)["alpha"].reason


def test_a_task_that_a_plugin_leaves_running_is_cancelled_at_the_end(
    site: Site, tmp_path: Path
) -> None:
    code = """
ENDED = threading.Event()

class Living(Member):
    async def start(self):
        self.task = asyncio.create_task(self.work())

    async def work(self):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ENDED.set()
            raise
"""
    package = install_living(site, "alpha", code)
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        kernel.host.hooks.run("alpha", lambda: asyncio.sleep(0), 5, "a turn of the loop")
    assert importlib.import_module(package).ENDED.wait(5)
