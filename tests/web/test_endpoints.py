"""Endpoints: what comes in is checked, what goes out is JSON or a problem."""

from __future__ import annotations

import json

import pytest

from tests.web.serving import Server


def test_an_endpoint_of_a_plugin_answers_below_its_id(server: Server) -> None:
    answer = server.ask("/api/desk/notes?limit=3&tags=a&tags=b&is_open=true")
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    assert answer.json() == {"limit": 3, "tags": ["a", "b"], "is_open": True}
    assert server.ask("/api/v1/desk/notes/one").json() == {"id": "one", "text": "a note"}
    assert server.ask("/api/v1/v1/desk/notes/one").status == 404


def test_what_is_made_says_where_it_is(server: Server) -> None:
    answer = server.ask("/api/desk/notes", {"text": "milk"})
    assert answer.status == 201
    assert answer.header("location") == f"/api/desk/notes/{answer.json()['id']}"
    assert server.ask(str(answer.header("location"))).status == 200


def test_head_is_get_without_the_body_and_delete_has_none(server: Server) -> None:
    get, head = server.ask("/api/desk/notes"), server.ask("/api/desk/notes", method="HEAD")
    assert head.status == 200
    assert head.body == b""
    assert head.header("content-length") == str(len(get.body))
    deleted = server.ask("/api/desk/notes/one", method="DELETE")
    assert (deleted.status, deleted.body, deleted.header("content-type")) == (204, b"", None)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/desk/notes", "GET, HEAD, POST"),
        ("POST", "/api/desk/notes/one", "DELETE, GET, HEAD"),
        ("OPTIONS", "/api/desk/notes", "GET, HEAD, POST"),
        ("TRACE", "/healthz", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
    ],
)
def test_another_method_is_refused_with_those_there_are(
    server: Server, method: str, path: str, allow: str
) -> None:
    answer = server.ask(path, method=method)
    assert answer.status == 405
    assert ", ".join(sorted(str(answer.header("allow")).split(", "))) == allow


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404), ("/api", 404), ("/api/", 404), ("/api/desk", 404),
        ("/api/desk/notes/", 404), ("/api/desk/notes/UPPER", 404), ("/api/v1", 404),
        ("/api/desk/notes/none", 404), ("/api/desk/conflict", 409), ("/api/desk/storage", 503),
        ("/api/desk/notes?limit=0", 422), ("/api/desk/notes?limit=1&limit=2", 422),
        ("/api/desk/notes?limit=1.0", 422), ("/api/desk/notes?limit=%201", 422),
        ("/api/desk/notes?limit=1_0", 422), ("/api/desk/notes?limit=", 422),
        ("/api/desk/notes?limit=%D9%A3", 422), ("/api/desk/notes?is_open=yes", 422),
        ("/api/desk/notes?unknown=1", 422), ("/api/desk/notes/one?unknown=1", 422),
        ("/api/desk/notes?tags=%FF", 400), ("/api/desk/notes?" + "tags=a&" * 101, 400),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_problem(server: Server, path: str, status: int) -> None:
    answer = server.ask(path)
    assert (answer.status, answer.header("content-type")) == (status, "application/problem+json")
    told = answer.json()
    assert told["status"] == status
    assert told["detail"]
    assert told["instance"] == path.partition("?")[0]
    assert answer.header("cache-control") == ("no-store")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "a"', 400), (b"", 422), (b"[]", 422), (b'{"text": ""}', 422),
        (b'{"text": "a", "text": "b"}', 400), (b'{"text": "a", "weight": NaN}', 400),
        (b'{"text": "a", "weight": -Infinity}', 400), (b'{"text": "a", "weight": 1e999}', 400),
        (b'{"text": "\\ud800"}', 400), (b'{"text": "\xff"}', 400), (b'\xef\xbb\xbf{}', 400),
        (b'{"text": "a", "weight": "1"}', 422), (b'{"text": 1}', 422),
        (b'{"text": "a", "other": 1}', 422), (b"[" * 100_000, 400),
        (b'{"text": "a", "weight": ' + b"9" * 5000 + b"}", 400),
    ],
)  # fmt: skip
def test_a_body_that_is_not_what_was_described_is_refused(
    server: Server, body: bytes, status: int
) -> None:
    before = server.events("desk.noted")
    answer = server.ask("/api/desk/notes", raw=body)
    assert (answer.status, answer.header("content-type")) == (status, "application/problem+json")
    assert server.events("desk.noted") == before


def test_both_halves_of_a_character_are_one(server: Server) -> None:
    answer = server.ask("/api/desk/notes", raw=b'{"text": "\\ud83d\\ude00"}')
    assert (answer.status, answer.json()["text"]) == (201, "\U0001f600")


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json; charset=utf-8", 201), ("Application/JSON", 201),
        ("application/json; charset=utf-16", 415), ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415), ("application/jsonx", 415), ("", 415),
    ],
)  # fmt: skip
def test_a_body_is_json_and_says_so(server: Server, media_type: str, status: int) -> None:
    headers = {"Content-Type": media_type}
    assert server.ask("/api/desk/notes", {"text": "a"}, headers=headers).status == status


def test_values_are_not_repeated_in_problems(server: Server) -> None:
    answer = server.ask("/api/desk/notes", {"text": "a", "weight": "hunter2"})
    assert b"hunter2" not in answer.body
    (error,) = json.loads(answer.body)["errors"]
    assert error["where"] == "body.weight"


def test_the_document_tells_of_every_endpoint(server: Server) -> None:
    document = server.ask("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    cookie = document["components"]["securitySchemes"]["cookie"]
    assert cookie["name"] == f"genesis-{server.port}"
    paths = document["paths"]
    assert isinstance(paths, dict)
    create = paths["/api/desk/notes"]["post"]
    assert {p["name"] for p in create["parameters"]} == {"Idempotency-Key"}
    assert set(create["responses"]) >= {"201", "400", "401", "409", "413", "415", "422", "502"}
    search = paths["/api/desk/notes"]["get"]
    by_name = {p["name"]: p["schema"] for p in search["parameters"]}
    assert by_name["is_open"]["type"] == "boolean"
    assert by_name["limit"]["maximum"] == 100
    assert paths["/healthz"]["get"]["security"] == []
    assert "Search" not in document["components"]["schemas"]  # type: ignore[index,call-overload]


def test_a_login_without_any_pages_leads_to_the_document(server: Server) -> None:
    answer = server.ask("/")
    assert (answer.status, answer.header("location")) == (303, "/api/openapi.json")
