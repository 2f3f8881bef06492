"""One turn of a conversation with a mind: keep what the user says, ask a model, keep its answer.

A message is durable before a model is asked. An answer is written once, when it ends. One that
was cut short is written as well, marked `incomplete`: the user has seen it, and may speak of it in
the next message. So a program that is killed in the middle leaves the message without an answer,
and never half a pair that somebody would have to repair.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pydantic import JsonValue

from genesis.clock import as_datetime, utc_now
from genesis.contracts.models import ChatMessage, ChatModel
from genesis.errors import EmbedderError, ModelError
from genesis.minds.conversation import ConversationManager
from genesis.minds.emotions import EmotionalState
from genesis.minds.identity import Identity
from genesis.minds.memory_record import Memory
from genesis.minds.message_input import MOST_CHARACTERS, known_filters, known_limit
from genesis.minds.prompt import said, system_text
from genesis.minds.recall import Recall
from genesis.storage.database import Database
from genesis.storage.message_pages import MessageDict, Row, fetch_page, message_dict
from genesis.storage.messages import Message

RECALLED = 5
_QUERY_CHARACTERS = 2_000
_RECENT_MESSAGES = 100


class Chat:
    """What one user and a mind say to each other; without a `user`, what no user's is.

    `recalled` are the memories of the last answer, nearest first; `why_nothing` says why there
    could be none.
    """

    def __init__(
        self,
        identity: Identity,
        feelings: EmotionalState,
        memory: Recall,
        database: Database,
        user: str | None = None,
    ) -> None:
        """Raises UsageError for a `user` that cannot be one."""
        named = known_filters(user, None, None)
        self._mine = named or {"no_user_email": ""}
        self._identity = identity
        self._feelings = feelings
        self._memory = memory
        self._database = database
        self._conversation = ConversationManager(identity.gmid, database)
        self.user = user
        self.recalled: list[Memory] = []
        self.why_nothing = ""

    def history(self, limit: int) -> list[MessageDict]:
        """The newest messages of this conversation, oldest of them first."""
        return [message_dict(row) for row in self._rows(known_limit(limit))]

    def keep(self, text: str) -> Message:
        """Write what the user says; it is durable when this returns. Raises UsageError."""
        return self._conversation.add_message("user", text, self.user)

    def prompt(self, asked: Message) -> list[ChatMessage]:
        """What a model reads to answer a message that was kept; sets `recalled`."""
        self._recall(asked.content)
        now = utc_now()
        first = system_text(
            self._identity, self._feelings.at(now), self.recalled, self.user,
            as_datetime(now).astimezone(),
        )  # fmt: skip
        before = self._rows(_RECENT_MESSAGES, before=asked.id)
        last: Row = (asked.id, asked.timestamp, "user", None, asked.content, None, None, None)
        return [ChatMessage(role="system", content=first), *said([*before, last])]

    @contextmanager
    def answer(self, model: ChatModel, asked: Message) -> Iterator[Iterator[str]]:
        """The answer to a message, piece by piece; written when the block ends.

        It is whole when the pieces were read to their end. When the block is left earlier, by an
        error or Ctrl-C, what was given until then is written with `incomplete` in its metadata
        (`failed` or `interrupted`); without a visible character, nothing is. Raises ModelError.
        """
        given: list[str] = []
        ended = "interrupted"

        def pieces() -> Generator[str, None, None]:
            nonlocal ended
            yield from _checked(model, self.prompt(asked), given)
            ended = ""

        stream = pieces()
        try:
            yield stream
        except ModelError:
            ended = "failed"
            raise
        finally:
            try:
                stream.close()
            finally:
                self._write(model, asked, given, ended)

    def _write(self, model: ChatModel, asked: Message, given: list[str], ended: str) -> None:
        text = "".join(given).strip()
        if not text:
            return
        about: dict[str, JsonValue] = {"model": model.name}
        if self.recalled:
            about["memories"] = [memory.id for memory in self.recalled]
        if ended:
            about["incomplete"] = ended
        # Never before its question, even if the clock was put back meanwhile.
        moment = max(utc_now(), asked.timestamp)
        self._conversation.add_message(
            "assistant", text, self.user, metadata=about, timestamp=moment
        )

    def _recall(self, text: str) -> None:
        self.recalled, self.why_nothing = [], ""
        try:
            self.recalled = self._memory.search_memories(
                text.strip()[:_QUERY_CHARACTERS], limit=RECALLED, user_email=self.user
            )
        except EmbedderError as error:
            self.why_nothing = str(error)

    def _rows(self, limit: int, **place: int) -> list[Row]:
        filters = {**self._mine, **place}
        return fetch_page(self._database, self._identity.gmid, filters, limit, newest=True)


def choose_model(models: Sequence[ChatModel], wanted: str | None = None) -> ChatModel:
    """The model of that name, or the first that lacks nothing.

    Raises ModelError, which says what each of them lacks and how to get one.
    """
    if not models:
        raise ModelError(
            "no plugin contributes a model. Run `pip install genesis-local-llm` and install Ollama "
            "(ollama.com/download); `genesis plugins` shows what is installed."
        )
    named = [model for model in models if wanted in (None, model.name)]
    if not named:
        known = ", ".join(model.name for model in models)
        raise ModelError(f"there is no model {wanted!r:.60}. Use one of: {known}.")
    reasons = []
    for model in named:
        reason = lack_of(model)
        if reason is None:
            return model
        reasons.append(f"{model.name}: {reason}")
    raise ModelError(" ".join(reasons))


def lack_of(model: ChatModel) -> str | None:
    """What a model lacks at this moment and how to get it; None when it can be used."""
    try:
        return model.missing()
    except Exception as error:  # noqa: BLE001 - a plugin's fault must not end a conversation
        return f"cannot say whether it can be used: {type(error).__name__}: {error}."


def _checked(model: ChatModel, prompt: list[ChatMessage], given: list[str]) -> Iterator[str]:
    """The pieces of an answer, which are gathered in `given`, as text that can be stored.

    Raises ModelError for everything that a model can do wrong. Ends the model's work when it is
    closed.
    """
    length = 0
    try:
        stream = model.reply(prompt)
        with ExitStack() as at_last:
            if hasattr(stream, "close"):
                at_last.callback(stream.close)
            for piece in stream:
                text = piece.replace("\0", "").encode("utf-8", "replace").decode()
                length += len(text)
                if length > MOST_CHARACTERS:
                    raise ModelError(
                        f"the model {model.name} did not come to an end within "
                        f"{MOST_CHARACTERS:,} characters. Ask again, or use another one."
                    )
                given.append(text)
                yield text
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"the model {model.name} failed: {type(error).__name__}: {error}. Tell the authors of "
            "its plugin; `--model` uses another one."
        ) from error
    if not "".join(given).strip():
        raise ModelError(f"the model {model.name} gave an empty answer. Ask again or otherwise.")
