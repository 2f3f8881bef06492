"""The application: every endpoint and stream of kernel and plugins, behind the guard."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as Page
from starlette.routing import Router
from typing_extensions import TypedDict

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, Endpoints, NoInput
from genesis.errors import PluginError
from genesis.web.api import kernel_endpoints
from genesis.web.asgi import ASGIApp, Receive, Scope, Send
from genesis.web.calling import Caller
from genesis.web.guard import OPEN_PATHS, Guard
from genesis.web.openapi import make_document
from genesis.web.problems import ProblemError
from genesis.web.routing import API, Route, Routes, allowed_methods, unversioned
from genesis.web.services import Services
from genesis.web.streams import stream_paths, stream_routes

_DOCUMENT_PATH = f"{API}/openapi.json"
_MINDS = (
    "A mind is named by its GMID (such as GMD-2026-1A2B-3C4D), not by its name: "
    f"`GET {API}/minds` lists the GMID of each. "
)
_log = logging.getLogger("genesis.web")


class Health(TypedDict):
    """That the process answers, or takes work."""

    status: str


def build_app(
    services: Services, token: str, *, hosts: Sequence[str] = (), port: int | None = None
) -> ASGIApp:
    """The whole application of one home. `hosts` are further names that it answers to; `port`
    None: the one that a request came to."""
    routes = Routes(_kernel_routes(services))
    host = services.kernel.host
    for plugin, record in host.contributions(Endpoints):
        try:
            routes = _with_plugin(routes, plugin, record)
        except Exception as error:  # noqa: BLE001 - one plugin's fault stays its own
            host.failed(plugin, "genesis_endpoints", error, 0.0)
    routes.add(_described(routes, port))
    return Guard(_Application(services, routes), token, hosts, port)


class _Application:
    """Finds what a request is for. What is no endpoint is left to starlette's own routes."""

    def __init__(self, services: Services, routes: Routes) -> None:
        self._routes = routes
        self._caller = Caller(services.kernel.host, services.kernel.database)
        self._pages = Router(
            [Page("/", _show_start), *stream_routes(services)],
            redirect_slashes=False,
            lifespan=self._live,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises what the guard makes a problem of."""
        if scope["type"] == "lifespan":
            await self._pages(scope, receive, send)
            return
        path = unversioned(scope["path"])
        found = self._routes.find(path)
        if found is None:
            # `app` has its routes raise what is wrong, instead of answering it themselves.
            await _show(self._pages, {**scope, "path": path, "app": self}, receive, send)
            return
        by_method, values = found
        method = scope["method"]
        route = by_method.get("GET" if method == "HEAD" else method)
        if route is None:
            allow = ((b"allow", allowed_methods(by_method)),)
            raise ProblemError(405, f"{method} is not for this path.", headers=allow)
        parts = route.variables(values)
        if parts is None:
            raise _nothing(_MINDS if "gmid" in route.unlike(values) else "")
        await self._caller.answer(route, parts, scope, receive, send)

    @asynccontextmanager
    async def _live(self, _app: object) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._caller.close()


async def _show(pages: Router, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await pages(scope, receive, send)
    except HTTPException as error:
        if error.status_code == 404:
            raise _nothing() from None
        headers = tuple(
            (name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()
        )
        raise ProblemError(error.status_code, error.detail, headers=headers) from None


def _kernel_routes(services: Services) -> list[Route]:
    endpoints: Sequence[AnyEndpoint] = kernel_endpoints(services)

    def ready(_call: Call[NoInput, NoInput]) -> Health:
        if not services.is_ready():
            raise ProblemError(503, "It starts or ends.", headers=((b"retry-after", b"5"),))
        return {"status": "ready"}

    def healthy(_call: Call[NoInput, NoInput]) -> Health:
        return {"status": "ok"}

    alive, takes_work = OPEN_PATHS
    return [
        *(Route(endpoint, API) for endpoint in endpoints),
        Route(Endpoint("GET", alive, "Whether the process answers", healthy, Health), ""),
        Route(Endpoint("GET", takes_work, "Whether it takes work", ready, Health), ""),
    ]


def _with_plugin(routes: Routes, plugin: str, record: Endpoints) -> Routes:
    """The routes with a plugin's. Raises whatever is wrong with them."""
    mount = f"{API}/{record.prefix or plugin}"
    if any(f"{route.template}/".startswith(f"{mount}/") for route in routes.all):
        raise PluginError(f"{mount} is in use by the kernel or another plugin")
    new = [Route(endpoint, mount, plugin) for endpoint in record.endpoints]
    # What cannot be described would take the whole document with it.
    make_document(new, {})
    return Routes([*routes.all, *new])


def _described(routes: Routes, port: int | None) -> Route:
    """The document of all routes, as a route of its own. It is made when it is first asked for."""
    made: list[dict[str, object]] = []

    def describe(_call: Call[NoInput, NoInput]) -> dict[str, object]:
        if not made:
            made.append(make_document(routes.all, stream_paths(), port))
        return made[0]

    endpoint = Endpoint("GET", _DOCUMENT_PATH.removeprefix(API), "This document", describe, dict)
    return Route(endpoint, API)


async def _show_start(_request: Request) -> Response:
    """What a login leads to where no plugin has pages."""
    return RedirectResponse(_DOCUMENT_PATH, 303)


def _nothing(hint: str = "") -> ProblemError:
    return ProblemError(404, f"There is nothing here. {hint}{_DOCUMENT_PATH} lists what there is.")
