"""A mind, as a program holds it: who it is, how it feels, and everything that it remembers.

What grows (messages, memories, concerns, tasks, relationships) is in the database and durable
when the call that wrote it returns. Identity, feelings and the sections of plugins are in the
mind's file, and durable when `save` returns.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.clock import utc_now
from genesis.errors import ConflictError, MindError
from genesis.home import find_home
from genesis.minds.emotions import Emotion, EmotionalState
from genesis.minds.finding import as_path, find_mind_file, home_of, record_of
from genesis.minds.identity import (
    DEFAULT_TEMPLATE,
    Identity,
    fingerprint,
    new_gmid,
    new_identity,
    parse_gmid,
)
from genesis.minds.mind_file import (
    MindDocument,
    document_of,
    document_values,
    read_mind_file,
    write_mind_file,
)
from genesis.minds.retention import RetentionPolicy, retention_of
from genesis.minds.saving import locked_for_saving, merge_changes
from genesis.minds.store import MindStore, shared_store
from genesis.storage.events import NewEvent, append_events
from genesis.storage.minds import MindRecord, find_minds, register_mind

# What a program does not use is not imported: it may only read messages.
if TYPE_CHECKING:
    from genesis.minds.background import BackgroundTasks
    from genesis.minds.concerns import Concerns
    from genesis.minds.conversation import ConversationManager
    from genesis.minds.environments import Environments
    from genesis.minds.memory import MemoryManager
    from genesis.minds.relationships import Relationships

Settings = Mapping[str, JsonValue]
_log = logging.getLogger("genesis.minds")


class Mind:
    """One mind of a home.

    `conversation`, `memory`, `concerns`, `background`, `relationships` and `environments` are
    what it remembers and does; `identity`, `emotional_state`, `state`, `intelligence`,
    `autonomy`, `config` and `plugins` (one section for each plugin's id) are its file, and can be
    changed in place and saved.
    """

    identity: Identity
    emotional_state: EmotionalState

    def __init__(
        self,
        name: str,
        intelligence: Settings | None = None,
        autonomy: Settings | None = None,
        template: str = DEFAULT_TEMPLATE,
        creator: str = "anonymous",
        creator_email: str | None = None,
        primary_purpose: str | None = None,
        config: Settings | None = None,
        gmid: str | None = None,
        *,
        primary_role: str | None = None,
        store: MindStore | None = None,
    ) -> None:
        """A new mind; it has its file and its place in the database when this returns.

        Without a `store` it is born in the home that `find_home` finds. Raises UsageError for a
        name that cannot be used and a GMID that is taken; MindError, HomeError, StorageError.
        """
        home = store or shared_store(find_home())
        identity = new_identity(
            name,
            creator=creator,
            creator_email=creator_email,
            template=template,
            primary_purpose=primary_purpose,
            primary_role=primary_role,
        )
        identity = _with_free_gmid(home, identity, gmid)
        sections = {"intelligence": intelligence, "autonomy": autonomy, "config": config}
        document = document_of(
            {"identity": identity, **{name: dict(given or {}) for name, given in sections.items()}}
        )
        path = home.home.minds / f"{identity.gmid}.json"
        write_mind_file(path, document)
        self._attach(home, path, document)
        self._register()

    @classmethod
    def birth(
        cls,
        name: str,
        intelligence: Settings | None = None,
        autonomy: Settings | None = None,
        template: str = DEFAULT_TEMPLATE,
        creator: str = "anonymous",
        creator_email: str | None = None,
        primary_role: str | None = None,
        primary_purpose: str | None = None,
        config: Settings | None = None,
        *,
        store: MindStore | None = None,
    ) -> Mind:
        """A new mind, as the constructor makes it; the name alone is enough."""
        return cls(
            name, intelligence, autonomy, template, creator, creator_email, primary_purpose,
            config, primary_role=primary_role, store=store,
        )  # fmt: skip

    @classmethod
    def load(cls, which: Path | str, *, store: MindStore | None = None) -> Mind:
        """The mind of a file, a GMID or a name.

        A file in a folder `minds` belongs to the home around it; otherwise the home is that of
        `store`, or the one that `find_home` finds. What an older file holds in place of the
        database is taken over into it, once. Raises UsageError for a mind that is not there or a
        name that several have; MindError and its kinds for a file that cannot be used.
        """
        path = as_path(which)
        # Before a home is made around what is no mind's file.
        document = None if path is None else read_mind_file(path)
        opened = store or shared_store(home_of(path))
        if path is None or document is None:
            path = find_mind_file(opened, which)
            document = read_mind_file(path)
        mind = cls.__new__(cls)
        mind._attach(opened, path, document)  # noqa: SLF001 - its own class
        mind._register()  # noqa: SLF001 - its own class
        mind._take_over(document)  # noqa: SLF001 - its own class
        mind.conversation.repair()
        try:
            mind._schedule(mind.retention)  # noqa: SLF001 - its own class
        except MindError as error:
            # The program can only correct the rule once the mind is loaded.
            _log.warning("%s", error)
        return mind

    def save(self, path: Path | None = None) -> Path:
        """Write the mind's file; gives its path. What another program saved since is kept, except
        where both changed the same value. With a `path`, write a copy there.

        Raises MindTooLargeError when it would have more than 50 KB; the old file then stays.
        """
        rule = self.retention
        mine = document_values(self._document())
        if path is not None and Path(path).absolute() != self.path:
            write_mind_file(Path(path), self._document())
            return Path(path)
        with locked_for_saving(self._store.home.locks / f"mind-{self.gmid}.lock"):
            there = read_mind_file(self.path) if self.path.exists() else self._read
            if there.legacy != self._read.legacy:  # the older program went on meanwhile
                self._take_over(there)
            theirs = document_values(there.without_legacy())
            merged = merge_changes(self._saved, mine, theirs)
            document = document_of(merged)
            write_mind_file(self.path, document)
        changed = merged != self._saved or bool(there.legacy)
        self._take(document)
        self._register(changed=changed)
        self._schedule(rule)
        return self.path

    def feel(
        self, emotion: Emotion | str, intensity: float = 0.7, trigger: str | None = None
    ) -> EmotionalState:
        """Feel something now; gives the state that follows. Raises UsageError."""
        return self.emotional_state.update_emotion(emotion, intensity, trigger)

    @cached_property
    def conversation(self) -> ConversationManager:
        """Its messages."""
        from genesis.minds.conversation import ConversationManager

        return self._store.serve(ConversationManager(self.gmid, self._store.database))

    @cached_property
    def memory(self) -> MemoryManager:
        """What it remembers."""
        from genesis.minds.memory import MemoryManager

        store = self._store
        return store.serve(
            MemoryManager(self.gmid, store.database, store.embedding, store.indexes, store.accesses)
        )

    @cached_property
    def concerns(self) -> Concerns:
        """What it cares about."""
        from genesis.minds.concerns import Concerns

        return self._store.serve(Concerns(self.gmid, self._store.database))

    @cached_property
    def background(self) -> BackgroundTasks:
        """What it was given to do."""
        from genesis.minds.background import BackgroundTasks

        store = self._store
        return store.serve(BackgroundTasks(self.gmid, store.database, wake=store.wake_background))

    @cached_property
    def relationships(self) -> Relationships:
        """How it stands to others."""
        from genesis.minds.relationships import Relationships

        return self._store.serve(Relationships(self.gmid, self._store.database))

    @cached_property
    def environments(self) -> Environments:
        """The places that it knows."""
        from genesis.minds.environments import Environments

        return self._store.serve(Environments(self.gmid, self._store.database))

    @property
    def gmid(self) -> str:
        return self.identity.gmid

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def current_emotion(self) -> str:
        """What it feels at this moment; feelings fade."""
        return str(self.emotional_state.at(utc_now()).felt)

    @property
    def retention(self) -> RetentionPolicy:
        """How long its messages are kept: `config["retention"]`. Raises MindError."""
        return retention_of(self._document())

    @property
    def background_executor(self) -> BackgroundTasks:
        """The name that `background` had in the older API."""
        return self.background

    @property
    def conversation_history(self) -> tuple[Mapping[str, JsonValue], ...]:
        """Deprecated: its messages, oldest first, to read only. Use `conversation`."""
        warnings.warn(
            "mind.conversation_history reads the whole conversation; use "
            "mind.conversation.get_recent_messages()",
            DeprecationWarning,
            stacklevel=2,
        )
        return tuple(self.conversation.iter_messages())

    def _attach(self, store: MindStore, path: Path, document: MindDocument) -> None:
        self._store = store
        self.path = path
        self._take(document)

    def _take(self, document: MindDocument) -> None:
        self._saved = document_values(document.without_legacy())
        self._read = document
        self.identity = document.identity
        self.emotional_state = document.emotional_state
        self.state = deepcopy(document.state)
        self.intelligence = deepcopy(document.intelligence)
        self.autonomy = deepcopy(document.autonomy)
        self.config = deepcopy(document.config)
        self.plugins = deepcopy(document.plugins)

    def _document(self) -> MindDocument:
        return self._read.without_legacy().model_copy(
            update={
                "identity": self.identity,
                "emotional_state": self.emotional_state,
                "state": self.state,
                "intelligence": self.intelligence,
                "autonomy": self.autonomy,
                "config": self.config,
                "plugins": self.plugins,
            }
        )

    def _take_over(self, document: MindDocument) -> None:
        if document.legacy:
            # Few minds come from the older program, and its readers are many lines.
            from genesis.importing.legacy import take_over_legacy

            take_over_legacy(self._store.home, self._store.database, self.path, document)

    def _schedule(self, rule: RetentionPolicy) -> None:
        if rule.is_set:
            from genesis.minds.retention_job import schedule_retention

            schedule_retention(self.gmid, self._store.database, rule)

    def _register(self, *, changed: bool = False) -> None:
        """Let the database know this mind; costs no write when it does already."""
        record = record_of(self.identity, self.path)
        known = find_minds(self._store.database, self.gmid)
        if known and not changed and _same(known[0], record):
            return

        def operation(connection: Connection) -> None:
            register_mind(connection, record)
            if changed:
                append_events(connection, [NewEvent("mind.saved", self.gmid)])

        self._store.database.writer.write(operation)


def _with_free_gmid(store: MindStore, identity: Identity, wanted: str | None) -> Identity:
    gmid = identity.gmid if wanted is None else parse_gmid(wanted)
    while (store.home.minds / f"{gmid}.json").exists() or find_minds(store.database, gmid):
        if wanted is not None:
            raise ConflictError(f"There is a mind {gmid} already. Load it, or leave the GMID out.")
        gmid = new_gmid()
    proof = fingerprint(gmid, identity.birth_timestamp, identity.creator)
    return identity.model_copy(update={"gmid": gmid, "digital_fingerprint": proof})


def _same(known: MindRecord, record: MindRecord) -> bool:
    return known.__dict__ | {"last_active": ""} == record.__dict__ | {"last_active": ""}
