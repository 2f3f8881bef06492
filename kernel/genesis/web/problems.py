"""Errors as problem details, RFC 9457: what an answer says when it is not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import ValidationError
from pydantic_core import to_json

from genesis.errors import ConflictError, GenesisError, NotFoundError, UsageError
from genesis.web.asgi import Headers, Send

MEDIA_TYPE = b"application/problem+json"
_MOST_ERRORS = 20
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (UsageError, 422),
    (GenesisError, 503),
)
_LATER: Headers = ((b"retry-after", b"5"),)


@dataclass(frozen=True)
class Problem:
    """One problem: its status, what to tell, and further headers of the answer.

    `type` is `about:blank` where the status says all; `errors` lists each value that does not fit.
    """

    status: int
    detail: str
    type: str = "about:blank"
    errors: Sequence[Mapping[str, str]] = ()
    headers: Headers = ()

    def body(self, instance: str) -> bytes:
        """The JSON of it; `instance` is the path that was asked for."""
        told: dict[str, object] = {
            "type": self.type,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors:
            told["errors"] = self.errors
        return to_json(told)


class ProblemError(Exception):
    """Raised by whoever wants a request to be answered with this problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        type: str = "about:blank",  # noqa: A002 - the member's name in the RFC
        headers: Headers = (),
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status, detail, type, headers=headers)


def known_problem(error: Exception) -> Problem | None:
    """What a caller is told of an error that is raised on purpose; None for any other."""
    if isinstance(error, ProblemError):
        return error.problem
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        return None
    return Problem(status, str(error), headers=_LATER if status == 503 else ())


class InvalidError(ProblemError):
    """A query or a body does not fit; values are not repeated, they may be secrets."""

    def __init__(self, error: ValidationError, where: str) -> None:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        errors = [
            {"where": ".".join((where, *map(str, one["loc"])))[:200], "message": one["msg"][:500]}
            for one in found[:_MOST_ERRORS]
        ]
        first = f"{errors[0]['where']}: {errors[0]['message']}"[:500]
        super().__init__(422, first)
        self.problem = Problem(422, first, errors=errors)


async def send_problem(send: Send, problem: Problem, instance: str) -> None:
    """Answer with a problem."""
    body = problem.body(instance)
    headers = [
        (b"content-type", MEDIA_TYPE),
        (b"content-length", str(len(body)).encode()),
        *problem.headers,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
