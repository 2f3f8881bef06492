"""Turn what a client sent into records: strictly, so that what is read is what was meant."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn
from urllib.parse import unquote_plus

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from genesis.web.asgi import Scope, header
from genesis.web.problems import InvalidError, ProblemError

_JSON_TYPE = re.compile(rb'application/json\s*(;\s*charset="?utf-8"?\s*)?', re.IGNORECASE)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
_MOST_PARAMETERS = 100


def read_body(model: type[BaseModel], scope: Scope, raw: bytes) -> BaseModel:
    """The body as a record. Raises ProblemError 400 (no JSON), 415 or 422."""
    if not raw:
        raise ProblemError(422, "A JSON body is needed.")
    types = header(scope, b"content-type")
    if len(types) != 1 or not _JSON_TYPE.fullmatch(types[0]):
        raise ProblemError(415, "Send the body as `Content-Type: application/json`.")
    _check_json(raw)
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise InvalidError(error, "body") from None


class QueryReader:
    """Reads query strings into one model; its fields tell how each text is to be read."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        schema = model.model_json_schema()
        definitions = schema.get("$defs", {})
        properties: dict[str, dict[str, object]] = schema.get("properties", {})
        self._types = {name: json_types(about, definitions) for name, about in properties.items()}
        is_fixed = bool(model.model_config.get("frozen")) and not schema.get("required")
        self._empty = model() if is_fixed else None

    def read(self, scope: Scope) -> BaseModel:
        """The query of a request. Raises ProblemError 400 (cannot be decoded) or 422."""
        raw: bytes = scope["query_string"]
        if not raw and self._empty is not None:
            return self._empty
        try:
            return self._model.model_validate_json(to_json(self._values(raw)), strict=True)
        except ValidationError as error:
            raise InvalidError(error, "query") from None

    def _values(self, raw: bytes) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, text in _pairs(raw):
            types = self._types.get(name, frozenset())
            value = _value(text, types)
            known = found.get(name)
            if "array" in types:
                found[name] = [*known, value] if isinstance(known, list) else [value]
            elif name in found:
                raise ProblemError(422, f"query.{name[:100]}: it is given more than once")
            else:
                found[name] = value
        return found


def json_types(about: object, definitions: dict[str, object]) -> frozenset[str]:
    """The types that a JSON schema allows, those of an array's items among them."""
    if not isinstance(about, dict):
        return frozenset()
    reference = about.get("$ref")
    inner = [
        *about.get("anyOf", ()), *about.get("oneOf", ()), *about.get("allOf", ()),
        *([about["items"]] if "items" in about else ()),
        *([definitions[reference.rpartition("/")[2]]] if reference else ()),
    ]  # fmt: skip
    own = {str(about["type"])} if "type" in about else set()
    return frozenset(own.union(*(json_types(one, definitions) for one in inner)))


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    parts = [part for part in raw.split(b"&") if part]
    if len(parts) > _MOST_PARAMETERS:
        raise ProblemError(400, f"A query has at most {_MOST_PARAMETERS} parameters.")
    try:
        split = [part.decode("ascii").partition("=") for part in parts]
        return [
            (unquote_plus(name, errors="strict"), unquote_plus(text, errors="strict"))
            for name, _, text in split
        ]
    except UnicodeDecodeError:
        raise ProblemError(400, "The query is not UTF-8, percent-encoded.") from None


def _value(text: str, types: frozenset[str]) -> object:
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    return text


def _check_json(raw: bytes) -> None:
    """Refuse what two readers of JSON read in two ways. Raises ProblemError 400."""
    try:
        json.loads(
            raw.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
        )
        if _SURROGATE.search(raw):
            # Half a character, escaped: no text that could be stored.
            json.dumps(json.loads(raw), ensure_ascii=False).encode()
    except UnicodeError:
        raise ProblemError(400, "The body is not UTF-8 throughout.") from None
    except RecursionError:
        raise ProblemError(400, "The body is nested too deeply.") from None
    except ValueError as error:
        raise ProblemError(400, f"The body is not JSON: {str(error)[:200]}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a member twice")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value
