"""A home with something of everything, and a server that answers for it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from genesis import Mind
from genesis.kernel import Kernel

from tests.host.installing import Site, make_repository
from tests.web.serving import Server, serving

Json = dict[str, object]


@dataclass
class Api:
    """A server of a living home, and the ids of what is in it."""

    server: Server
    gmid: str
    repository: Path
    session: str
    cancelled: str

    def get(self, path: str, **query: object) -> Json:
        """A successful GET below `/api`."""
        answer = self.server.ask(path_of(path, query))
        assert answer.status == 200, (path, answer.body)
        return answer.json()

    def post(self, path: str, body: object = None, status: int = 201) -> Json:
        """A POST below `/api` with the status that is expected."""
        answer = self.server.ask(path_of(path, {}), body, method="POST")
        assert answer.status == status, (path, answer.body)
        return answer.json()

    def status(self, path: str, body: object = None, method: str = "", **query: object) -> int:
        """The status of a request."""
        return self.server.ask(path_of(path, query), body, method=method).status

    def walk(self, path: str, **query: object) -> list[Json]:
        """All items, page by page."""
        items: list[Json] = []
        following: object = None
        while True:
            more = {} if following is None else {"cursor": following}
            page = self.get(path, **{**query, **more})
            items += page["items"]
            following = page["next"]
            if following is None:
                return items


def path_of(path: str, query: dict[str, object]) -> str:
    """A path below `/api`, percent-encoded."""
    return "/api" + quote(path) + (f"?{urlencode(query)}" if query else "")


@contextmanager
def living(folder: Path, site: Site) -> Iterator[Api]:
    """Serve a living home until the block ends."""
    with serving(folder / "home", site, plugins="kit") as server:
        yield fill(server, make_repository(folder / "repository"))


def install_kit(site: Site) -> None:
    """Install the throw-away plugin."""
    code = (Path(__file__).parent / "kit_plugin.py").read_text()
    importlib.import_module(site.install("kit", code, class_name="KitPlugin"))


def run(kernel: Kernel, session_id: str) -> None:
    """Work on a session to its end."""
    runner = kernel.runner()
    kernel.take_up(session_id)
    runner.open(session_id)
    runner.run()


def fill(server: Server, repository: Path) -> Api:
    """Something of everything: sessions of each ending, a mind with a past, a schedule."""
    kernel = server.kernel
    mind = Mind.birth("Atlas", store=kernel.minds)
    for number in range(5):
        mind.conversation.add_message("user", f"hello {number}", "ann@example.org", "room")
    for number in range(5):
        mind.memory.add_memory(f"memory number {number}", tags=["a"], user_email="ann@example.org")
        mind.concerns.add(f"concern {number}", "health", next_check_at="2026-01-01T00:00:00Z")
        mind.background.submit(f"task {number}")
    mind.background.cancel(mind.background.submit("one that ended").task_id)
    ids = []
    for goal in ("a goal", "another"):
        session_id, write = kernel.prepare_session(goal, "kit", repository, {})
        kernel.database.writer.write(write)
        ids.append(session_id)
    api = Api(server, mind.gmid, repository, *ids)
    run(kernel, api.session)
    api.post(f"/sessions/{api.cancelled}/cancel", status=200)
    api.post("/schedules", {"name": "nightly", "goal": "review", "cron": "30 22 * * *",
                            "team": "kit", "repository": str(repository)})  # fmt: skip
    return api
