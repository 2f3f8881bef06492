"""The OpenAPI 3.1 document, made from the same endpoints as the routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TypeAlias, cast

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from genesis import __version__
from genesis.contracts.web import PATH_PART
from genesis.web.guard import OPEN_PATHS
from genesis.web.idempotency import HEADER, PATTERN
from genesis.web.login import cookie_name
from genesis.web.problems import MEDIA_TYPE
from genesis.web.routing import Route

Json: TypeAlias = dict[str, object]
_SCHEMAS = "#/components/schemas/"
_TEXT: Json = {"type": "string"}
_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "instance"), _TEXT),
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "message"],
                "properties": {"where": _TEXT, "message": _TEXT},
            },
        },
    },
}
_EVERY = (400, 401, 403, 405, 408, 413, 414, 421, 422, 431, 500, 503)


def make_document(
    routes: Sequence[Route], extra: Mapping[str, object], port: int | None = None
) -> Json:
    """The document of the server on a port; `extra` has the path items of what is no endpoint,
    such as streams. Raises what pydantic raises for a type that has no schema."""
    types = {name: about for route in routes for name, about in _types(route).items()}
    schemas, found = TypeAdapter.json_schemas(
        [(name, mode, TypeAdapter(one)) for name, (mode, one) in types.items()],
        ref_template=_SCHEMAS + "{model}",
    )
    named = {name: cast(Json, schemas[name, mode]) for name, (mode, _) in types.items()}
    components: dict[str, Json] = dict(sorted(found.get("$defs", {}).items()))
    paths: dict[str, Json] = {}
    for route in sorted(routes, key=lambda route: route.template):
        item = paths.setdefault(route.template, {})
        item[route.endpoint.method.lower()] = _operation(route, named, components)
    for name in types:
        if name.startswith("query "):
            # What a query is made of stands with its parameters.
            components.pop(_referred(named[name]), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Genesis",
            "version": __version__,
            "description": "All paths below /api are the same below /api/v1.",
        },
        "paths": {**paths, **extra},
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie_name(port or "PORT")},
            },
        },
        "security": [{"token": []}, {"cookie": []}],
    }


def problem_responses(*statuses: int) -> Json:
    """The answers that every path can have beside its own, and further ones."""
    content = {MEDIA_TYPE.decode(): {"schema": {"$ref": _SCHEMAS + "Problem"}}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*_EVERY, *statuses})
    }


def _operation(route: Route, named: Mapping[str, Json], components: Mapping[str, Json]) -> Json:
    endpoint, place = route.endpoint, _place(route)
    query = components.get(_referred(named[f"query {place}"]), named[f"query {place}"])
    operation: Json = {
        "operationId": place.translate(str.maketrans(" /{}.-", "______")),
        "summary": endpoint.summary,
        "tags": [route.plugin or "kernel"],
        "parameters": [*_path_parameters(route), *_query_parameters(query), *_key(route)],
        "responses": {
            str(route.status): _success(route, named),
            **problem_responses(*_further_statuses(route)),
        },
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": named[f"body {place}"]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.template in OPEN_PATHS:
        operation["security"] = []
    return operation


def _types(route: Route) -> dict[str, tuple[JsonSchemaMode, type]]:
    """The models of a route, each under a name that no other one has."""
    endpoint, place = route.endpoint, _place(route)
    found: dict[str, tuple[JsonSchemaMode, type]] = {
        f"query {place}": ("validation", endpoint.query)
    }
    if endpoint.body is not None:
        found[f"body {place}"] = ("validation", endpoint.body)
    if endpoint.answer is not None:
        found[f"answer {place}"] = ("serialization", endpoint.answer)
    return found


def _place(route: Route) -> str:
    return f"{route.endpoint.method} {route.template}"


def _referred(schema: Json) -> str:
    return str(schema.get("$ref", "")).removeprefix(_SCHEMAS)


def _success(route: Route, named: Mapping[str, Json]) -> Json:
    endpoint = route.endpoint
    found: Json = {"description": HTTPStatus(route.status).phrase}
    if endpoint.answer is not None:
        schema = named[f"answer {_place(route)}"]
        found["content"] = {"application/json": {"schema": schema}}
    if endpoint.location is not None:
        found["headers"] = {"Location": {"schema": _TEXT, "description": "Where it is."}}
    return found


def _further_statuses(route: Route) -> set[int]:
    endpoint = route.endpoint
    found = set(endpoint.problems)
    found |= {404} if endpoint.variables else set()
    found |= {415} if endpoint.body is not None else set()
    found |= {409} if endpoint.creates else set()
    return found | ({502, 504} if route.plugin is not None else set())


def _path_parameters(route: Route) -> list[Json]:
    patterns = route.endpoint.path_patterns
    return [
        {
            "name": name, "in": "path", "required": True,
            "schema": {"type": "string", "pattern": patterns.get(name, PATH_PART)},
        }
        for name in route.endpoint.variables
    ]  # fmt: skip


def _query_parameters(model: Json) -> list[Json]:
    properties = cast(dict[str, Json], model.get("properties", {}))
    required = cast(list[str], model.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(about)}
        for name, about in properties.items()
    ]


def _without_null(schema: Json) -> Json:
    """Nothing in a query string is null: what is not there is left out."""
    choices = cast(list[Json], schema.get("anyOf", []))
    left = [choice for choice in choices if choice.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if value is not None}
    if len(left) == len(choices):
        return rest
    del rest["anyOf"]
    return {**rest, **left[0]} if len(left) == 1 else {**rest, "anyOf": left}


def _key(route: Route) -> list[Json]:
    if not route.endpoint.creates:
        return []
    return [
        {
            "name": HEADER, "in": "header", "required": False,
            "description": "The same key again is answered again, and carried out once.",
            "schema": {"type": "string", "pattern": PATTERN},
        }
    ]  # fmt: skip
