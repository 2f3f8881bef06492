"""Pages in a real Chromium: what is seen is reported, nothing leaves the machine, nothing stays."""

from __future__ import annotations

import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from genesis.testing import run_tool
from genesis_engineering.pages.chromium import BrowserError, find_chromium, open_browser
from genesis_engineering.pages.rendered import MOST_PAGES

from plugins.engineering.tests.page_files import TOOLS, build, check, page, places

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium here")
PALE = '<p class="pale">pale text</p>'


def _seen(root: Path, body: str, css: str) -> list[str]:
    files: dict[str, str | bytes] = {
        "index.html": page(body, '<link rel="stylesheet" href="a.css">'),
        "a.css": css,
    }
    return places(check("accessibility", root, files))


@pytest.mark.parametrize(
    ("body", "css", "expected"),
    [
        (f"<h1>a</h1>\n{PALE}{PALE}", ".pale { color: #bbb }",
         ["medium low-contrast index.html:5"]),
        (PALE, ".pale { color: #767676 }", []),
        (PALE, ".pale { color: #888 }", ["low low-contrast index.html:4"]),
        (PALE, ".pale { color: #888; font-size: 30px }", []),
        (PALE, "body { background: #222 } .pale { color: #333 }",
         ["medium low-contrast index.html:4"]),
        (f"<pre>{PALE}</pre>", ".pale { color: #bbb }", ["low low-contrast index.html:4"]),
        (PALE, ".pale { color: #eee; background-image: linear-gradient(#000, #000) }", []),
        (PALE, ".pale { color: #eee; text-shadow: 0 0 2px #000 }", []),
        (f"<button disabled>{PALE}</button>", ".pale { color: #bbb }", []),
        (PALE, ".pale { color: #fff; visibility: hidden }", []),
        (f'<div class="o"><div class="i">{PALE}</div></div>',
         ".o { position: relative } .i { position: absolute } .i::before { content: ''; "
         "position: absolute; inset: 0; background: #000; z-index: -1 } .pale { color: #eee }", []),
        ('<p>a</p>\n<div class="wide">b</div>', ".wide { width: 800px }",
         ["medium scrolls-sideways index.html:5"]),
        ('<div class="box"><div class="wide">b</div></div>',
         ".box { overflow-x: auto } .wide { width: 800px }", []),
        ('<div><table class="wide"><tr><th>b</th></tr></table></div>', ".wide { width: 800px }",
         ["low scrolls-sideways index.html:4"]),
        ('<div>\n<a class="s" href="a">1</a><a class="s" href="b">2</a></div>',
         ".s { display: inline-block; width: 12px; height: 12px; overflow: hidden }",
         ["low small-target index.html:5"]),
        ('<p>text <a href="a">1</a> and <a href="b">2</a></p>', "a { font-size: 9px }", []),
    ],
)  # fmt: skip
def test_what_a_browser_shows_is_judged(
    tmp_path: Path, body: str, css: str, expected: list[str]
) -> None:
    assert _seen(tmp_path, body, css) == expected


def test_pages_whose_style_comes_from_elsewhere_are_not_shown(tmp_path: Path) -> None:
    style = "<style>.pale { color: #bbb }</style>"
    files: dict[str, str | bytes] = {
        "web.html": page(PALE, style + '<link rel="stylesheet" href="https://a.example/b.css">'),
        "root.html": page(PALE, style + '<link rel="stylesheet" href="/b.css">'),
        "gone.html": page(PALE, style + '<link rel="stylesheet" href="gone.css">'),
        "import.html": page(PALE, "<style>@import url(//a.example/b.css);</style>" + style),
        "t.html": page(PALE + "{{ x }}", style),
    }
    assert places(check("accessibility", tmp_path, files)) == []


def test_a_page_that_was_not_made_for_telephones_scrolls_sideways_at_low(tmp_path: Path) -> None:
    text = page('<div style="width: 800px">a</div>').replace('name="viewport"', 'name="other"')
    result = check("accessibility", tmp_path, {"index.html": text})
    assert "low scrolls-sideways index.html:4" in places(result)


@pytest.mark.parametrize(("content", "is_shown"), [("300", True), ("0; url=b", False)])
def test_a_page_that_stays_for_a_while_is_shown(
    tmp_path: Path, content: str, is_shown: bool
) -> None:
    head = f'<meta http-equiv="refresh" content="{content}"><style>.pale {{ color: #bbb }}</style>'
    found = places(check("accessibility", tmp_path, {"index.html": page(PALE, head)}))
    assert ("medium low-contrast index.html:4" in found) is is_shown


@pytest.fixture
def visits() -> Iterator[tuple[int, list[str]]]:
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, seen
        server.shutdown()
        thread.join()


def test_no_script_runs_and_nothing_is_asked_of_any_server(
    tmp_path: Path, visits: tuple[int, list[str]]
) -> None:
    port, seen = visits
    address = f"http://127.0.0.1:{port}"
    body = (
        f'{PALE}<img src="{address}/img" alt=""><iframe src="{address}/frame" title="f"></iframe>'
        f"<script>document.querySelector('.pale').remove(); fetch('{address}/fetch')</script>"
        f'<p style="background: url({address}/css)">x</p>'
    )
    style = "<style>.pale { color: #bbb }</style>"
    result = check("accessibility", tmp_path, {"index.html": page(body, style)})
    assert places(result) == ["medium low-contrast index.html:4"]
    assert seen == []


def test_only_so_many_pages_are_shown_and_the_rest_is_said(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"{n:02}.html": page(PALE, "<style>.pale { color: #bbb }</style>")
        for n in range(MOST_PAGES + 3)
    }
    result = check("accessibility", tmp_path, files)
    assert len(result.findings) == MOST_PAGES
    assert [(one.what, one.reason) for one in result.omissions] == [
        ("the looks of 3 more pages", f"only {MOST_PAGES} are shown in a browser")
    ]


def test_a_page_that_never_loads_ends_the_showing_and_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    body = f'{PALE}<img src="file://{tmp_path}/pipe" alt="">'
    result = check("accessibility", tmp_path, {"a.html": page(body)})
    assert [one.what for one in result.omissions] == ["the looks of 1 page, or of some of them"]
    assert _browsers(tmp_path) == []


def test_nothing_of_the_browser_is_left(tmp_path: Path) -> None:
    _seen(tmp_path, PALE, ".pale { color: #bbb }")
    assert _browsers(tmp_path) == []
    assert not list((tmp_path / "attempt").rglob("profile"))


def test_the_browser_ends_when_its_user_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from genesis_engineering.pages.chromium import find_chromium, open_browser\n"
        f"with open_browser(find_chromium(), pathlib.Path({str(tmp_path)!r}) / 'b'):\n"
        "    print('up', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"up\n"
        assert _browsers(tmp_path)
        user.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not _browsers(tmp_path):
            break
        time.sleep(0.1)
    assert _browsers(tmp_path) == []


def test_a_program_that_is_no_browser_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrowserError, match="has ended"), open_browser("/bin/true", tmp_path / "b"):
        pass


def test_without_chromium_the_looks_are_named_as_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(git.parent))
    result = check("accessibility", tmp_path, {"a.html": page('<img src="a.png">')})
    assert places(result) == ["medium image-without-alt a.html:4"]
    assert [(one.what, one.reason) for one in result.omissions] == [
        ("the looks of 1 page", "not looked at: no Chromium here")
    ]


def test_a_deep_folder_is_no_obstacle(tmp_path: Path) -> None:
    repository = build(tmp_path, {"a.html": page(PALE, "<style>.pale { color: #bbb }</style>")})
    folder = tmp_path.joinpath(*["a-rather-long-name-of-a-folder"] * 6)
    result = run_tool(TOOLS["accessibility"], repository, folder)
    assert places(result) == ["medium low-contrast a.html:4"]


def _browsers(folder: Path) -> list[int]:
    """The processes that have the folder in their command line."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and any(word.startswith(f"--user-data-dir={folder}") for word in words):
            found.append(process.pid)
    return found
