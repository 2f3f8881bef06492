"""Queries and paths: whatever is sent, it is read as it was written or refused."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote, quote_plus, unquote

import pytest
from genesis.contracts.web import Call, Endpoint, NoInput
from genesis.errors import PluginError
from genesis.web.api.concerns import NewConcern
from genesis.web.login import _own_path
from genesis.web.problems import ProblemError
from genesis.web.reading import QueryReader, read_body
from genesis.web.requests import refuse_form
from genesis.web.routing import Route, Routes, unversioned
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict


class Everything(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    number: int | None = None
    share: float | None = None
    flag: bool | None = None
    text: str | None = None
    kind: Literal["a", "b"] | None = None
    names: tuple[str, ...] = ()
    counts: list[int] = []


READER = QueryReader(Everything)


def read(query: str) -> Everything:
    found = READER.read({"query_string": query.encode("latin-1")})
    assert isinstance(found, Everything)
    return found


def refusal(read: Callable[[], object]) -> int | None:
    """The status with which something is refused; None when it is taken."""
    try:
        read()
    except ProblemError as error:
        return error.problem.status
    return None


@given(
    st.builds(
        Everything,
        number=st.none() | st.integers(-(10**18), 10**18),
        share=st.none()
        | st.floats(allow_nan=False, allow_infinity=False).filter(
            lambda value: len(repr(value)) < 18
        ),
        flag=st.none() | st.booleans(),
        text=st.none() | st.text(st.characters(codec="utf-8")),
        kind=st.sampled_from((None, "a", "b")),
        names=st.lists(st.text(st.characters(codec="utf-8")), max_size=5).map(tuple),
        counts=st.lists(st.integers(-1000, 1000), max_size=5),
    )
)
def test_a_query_is_read_as_it_was_written(meant: Everything) -> None:
    pairs: list[tuple[str, object]] = []
    for name, value in meant:
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [(name, one) for one in values if one is not None]
    texts = [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in pairs
    ]
    assert read("&".join(f"{name}={quote_plus(text)}" for name, text in texts)) == meant


@given(st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=200))
def test_any_query_is_read_or_refused(query: str) -> None:
    assert refusal(lambda: read(query)) in (None, 400, 422)


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(raw: bytes) -> None:
    scope = {"headers": [(b"content-type", b"application/json")]}
    assert refusal(lambda: read_body(Everything, scope, raw)) in (None, 400, 422)


def test_the_texts_of_bodies_are_not_kept_once_they_were_read() -> None:
    scope = {"headers": [(b"content-type", b"application/json")]}

    def held_after(texts: range) -> int:
        for number in texts:
            read_body(
                NewConcern, scope, b'{"content": "concern %d", "concern_type": "task"}' % number
            )
        gc.collect()
        return sys.getallocatedblocks()

    before = held_after(range(100))
    assert held_after(range(100, 10_100)) - before < 1000


@given(st.binary(max_size=60))
def test_no_path_that_is_taken_has_dots_controls_or_two_readings(raw: bytes) -> None:
    scope = {"raw_path": b"/" + raw, "query_string": b"", "headers": []}
    if refuse_form(scope) is None:
        path = unquote((b"/" + raw).decode("ascii"), errors="strict")
        assert not {".", ".."} & set(path.split("/"))
        assert "//" not in path
        assert "\\" not in path
        assert path.count("/") == (b"/" + raw).count(b"/")
        assert path.isprintable() or not any(ord(one) < 32 or ord(one) == 127 for one in path)


@given(st.text(max_size=60))
def test_where_a_login_leads_is_always_this_server(wish: str) -> None:
    target = _own_path(wish)
    assert target.startswith("/")
    assert target[1:2] not in ("/", "\\")
    assert target.isascii()
    assert target.isprintable()


WORDS = st.sampled_from(["a", "b", "c", "a-b"])
TEMPLATES = st.lists(st.one_of(WORDS, st.just("{}")), min_size=1, max_size=4)


def route(template: list[str]) -> Route:
    parts = [part if part != "{}" else f"{{v{at}}}" for at, part in enumerate(template)]
    return Route(Endpoint("GET", "/" + "/".join(parts), "x", _call, None), "")


def _call(_call: Call[NoInput, NoInput]) -> None:
    return None


@given(st.lists(TEMPLATES, max_size=8, unique_by=tuple), st.lists(WORDS, min_size=1, max_size=4))
def test_a_route_is_found_exactly_when_one_fits(
    templates: list[list[str]], parts: list[str]
) -> None:
    def fits(template: list[str]) -> bool:
        return len(template) == len(parts) and all(
            one in ("{}", part) for one, part in zip(template, parts, strict=True)
        )

    found = Routes(route(template) for template in templates).find("/" + "/".join(parts))
    fitting = [template for template in templates if fits(template)]
    assert (found is not None) == bool(fitting)
    if found is not None:
        # Of several the one that is literal where they first differ.
        best = min(fitting, key=lambda template: [part == "{}" for part in template])
        by_method, values = found
        assert by_method["GET"].template == route(best).template
        assert values == [p for one, p in zip(best, parts, strict=True) if one == "{}"]
        assert by_method["GET"].variables(values) == {
            f"v{at}": part for at, (one, part) in enumerate(zip(best, parts, strict=True))
            if one == "{}"
        }  # fmt: skip


def test_two_endpoints_at_one_place_are_refused() -> None:
    with pytest.raises(PluginError, match="twice"):
        Routes([route(["a", "{}"]), route(["a", "{}"])])


def test_the_versioned_paths_are_the_same() -> None:
    assert unversioned("/api/v1/a") == "/api/a"
    assert unversioned("/api/v1x/a") == "/api/v1x/a"
    assert unversioned("/x/api/v1/a") == "/x/api/v1/a"
    assert unversioned("/api/v1/v1/a") == "/api/v1/a"


@pytest.mark.parametrize("part", ["a b", "ü", "a%b", "a+b", "日本"])
def test_a_part_of_a_path_may_be_any_text(part: str) -> None:
    assert (
        refuse_form({"raw_path": f"/{quote(part)}".encode(), "query_string": b"", "headers": []})
        is None
    )
