"""Everything that can go wrong with Ollama, as ModelError that says what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from genesis.errors import ModelError

from genesis_local_llm.settings import LocalLlmSettings

if TYPE_CHECKING:
    from ollama import ResponseError

_MOST_CHARACTERS = 300
_NOT_FOUND, _REFUSED, _SERVER_FAULTS = 404, (401, 403), 500


@contextmanager
def told_faults(settings: LocalLlmSettings) -> Iterator[None]:
    """Raise ModelError for what the client raises inside of it."""
    from httpx import ConnectError, ConnectTimeout, HTTPError, TimeoutException
    from ollama import ResponseError

    try:
        yield
    except ResponseError as error:
        raise ModelError(_refusal(settings.host, error)) from None
    except (ConnectionError, ConnectError, ConnectTimeout):
        raise ModelError(_unreachable(settings)) from None
    except TimeoutException:
        raise ModelError(
            f"Ollama at {settings.host} was silent for too long. `ollama ps` says what it does. "
            "Take a smaller model, or raise `timeout` (seconds) in [plugins.local_llm]."
        ) from None
    except HTTPError as error:
        raise ModelError(
            f"the connection to Ollama at {settings.host} broke off ({_line(str(error))}). "
            "Ask again; `ollama ps` says whether it still runs."
        ) from None
    except (AttributeError, TypeError, ValueError) as error:
        # The client takes what comes for what was promised; pydantic's errors are ValueErrors.
        raise ModelError(
            f"what answers at {settings.host} does not speak as Ollama does. Correct `host` in "
            "[plugins.local_llm], or update Ollama."
        ) from error


def _unreachable(settings: LocalLlmSettings) -> str:
    get = f"`ollama pull {settings.model or 'qwen3:4b'}`"
    if not settings.on_this_machine:
        return f"no Ollama answers at {settings.host}. Start it there, then run {get} there."
    return (
        f"no Ollama answers at {settings.host}. Install it (ollama.com/download), start it with "
        f"`ollama serve`, and get a model with {get}."
    )


def _refusal(host: str, error: ResponseError) -> str:
    said = _line(str(error.error))
    if error.status_code == _NOT_FOUND:
        return f"Ollama at {host} says: {said}. `ollama list` shows what it has."
    if error.status_code in _REFUSED:
        return f"Ollama at {host} lets nobody in here: {said}. `OLLAMA_API_KEY` is the key it gets."
    if error.status_code >= _SERVER_FAULTS or error.status_code < 0:
        return (
            f"Ollama at {host} failed: {said}. Ask again. If it stays, look into its log, or take "
            "a smaller model."
        )
    return (
        f"Ollama at {host} refused the request ({error.status_code}): {said}. Name another `model` "
        "in [plugins.local_llm], or update Ollama."
    )


def _line(text: str) -> str:
    """What a server said, on one line and of bounded length."""
    line = re.sub(r"\s+", " ", text).strip() or "nothing more"
    return line if len(line) <= _MOST_CHARACTERS else line[:_MOST_CHARACTERS] + " ..."
