"""A model that Ollama serves: whether it can be used, and its answers piece by piece.

The client and its HTTP library are imported when they are first needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from genesis.contracts.models import ChatMessage
from genesis.errors import ModelError

from genesis_local_llm.faults import told_faults
from genesis_local_llm.settings import LocalLlmSettings
from genesis_local_llm.thinking import without_thinking

if TYPE_CHECKING:
    from ollama import ChatResponse, Client, ListResponse

# Of each question, and until the last of them is asked: `missing` answers within two seconds.
_QUICK_SECONDS = 1.0
_CONNECT_SECONDS = 5.0
# A model whose weights are elsewhere is a few hundred bytes here.
_LEAST_BYTES = 1_000_000


class OllamaModel:
    """One model of one Ollama, as the settings say. Thread-safe; nothing is kept between calls."""

    def __init__(self, settings: LocalLlmSettings) -> None:
        self._settings = settings

    def missing(self) -> str | None:
        """What keeps it from answering and what to do about it; None when it can answer."""
        try:
            with told_faults(self._settings), self._client(_QUICK_SECONDS) as client:
                self._choose(client, time.monotonic() + _QUICK_SECONDS)
        except ModelError as error:
            return str(error)
        return None

    def reply(self, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """The answer as it comes, without what the model thinks before; raises ModelError.

        Closing it ends the request, and with it the model's work.
        """
        settings = self._settings
        with told_faults(settings), self._client(settings.timeout) as client:
            parts = client.chat(
                model=self._choose(client),
                messages=[message.model_dump() for message in messages],
                stream=True,
                options=None if settings.context is None else {"num_ctx": settings.context},
                keep_alive=settings.keep_alive,
            )
            yield from without_thinking(_contents(parts))

    def _client(self, seconds: float) -> Client:
        from httpx import Timeout
        from ollama import Client

        here = self._settings.on_this_machine
        return Client(
            self._settings.host,
            timeout=Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            # Neither a redirection nor a proxy may take a conversation elsewhere.
            follow_redirects=False,
            trust_env=not here,
        )

    def _choose(self, client: Client, deadline: float | None = None) -> str:
        """The model's full name. Raises ModelError when there is none to use."""
        models = client.list().models
        names = [model.model for model in models if model.model]
        wanted = self._settings.model
        if wanted is not None:
            return self._named(names, wanted)
        for model in models:
            if deadline is not None and time.monotonic() > deadline:
                raise ModelError(
                    f"Ollama at {self._settings.host} is too slow to say what it has. Name a model "
                    "as `model` in [plugins.local_llm]."
                )
            if model.model and _is_here(model) and _can_chat(client, model.model):
                return model.model
        raise ModelError(
            f"Ollama at {self._settings.host} has no model that can chat. Get one, such as with "
            "`ollama pull qwen3:4b`."
        )

    def _named(self, names: list[str], wanted: str) -> str:
        full = wanted if ":" in wanted.rpartition("/")[2] else f"{wanted}:latest"
        for name in names:
            if name.casefold() == full.casefold():
                return name
        raise ModelError(
            f"Ollama at {self._settings.host} has no model {wanted!r}. It has: "
            f"{', '.join(names) or 'none'}. Run `ollama pull {wanted}`, or name another one as "
            "`model` in [plugins.local_llm]."
        )


def _is_here(model: ListResponse.Model) -> bool:
    """Ollama also lists models that it passes conversations on to; those have to be named."""
    tag = (model.model or "").rpartition(":")[2]
    return not tag.endswith("cloud") and (model.size or 0) >= _LEAST_BYTES


def _can_chat(client: Client, name: str) -> bool:
    """Whether it is no embedder; an older Ollama does not say, and most models can."""
    capabilities = client.show(name).capabilities
    return capabilities is None or "completion" in capabilities


def _contents(parts: Iterator[ChatResponse]) -> Iterator[str]:
    """The answer's text. Raises ModelError when it does not come to its own end."""
    reason = None
    for part in parts:
        yield part.message.content or ""
        if part.done:
            reason = part.done_reason or "stop"
            break
    if reason is None:
        raise ModelError("the answer of Ollama broke off. Ask again; `ollama ps` says what runs.")
    if reason == "length":
        raise ModelError(
            "the answer was cut off because the model's context is full. Raise `context` in "
            "[plugins.local_llm] (in tokens), or ask for a shorter one."
        )
