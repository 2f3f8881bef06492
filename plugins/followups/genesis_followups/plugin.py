"""The plugin: hears of new messages, and asks what is due while `genesis up` runs."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from genesis import Plugin, PluginContext, hookspecs, implements
from genesis.contracts.events import Event
from genesis.contracts.models import ChatModel
from genesis.contracts.service import Periodic
from genesis.errors import ModelError

from genesis_followups.rules import load_rules
from genesis_followups.settings import FollowupsSettings

# Commands in which nobody talks load the plugin too: they need not import what understands.
if TYPE_CHECKING:
    from genesis_followups.listening import Ear


_LOOK_SECONDS = 60.0


class FollowupsPlugin(Plugin[FollowupsSettings]):
    """Turns what users say into concerns of their minds, and concerns into follow-up messages."""

    settings_model = FollowupsSettings

    def __init__(self, context: PluginContext[FollowupsSettings]) -> None:
        """Reads the rules. Raises SettingsError for own ones that cannot be used."""
        super().__init__(context)
        self._rules = load_rules(context.folder / "rules.toml")
        # Hearing and asking read a concern before they change it.
        self._turn = threading.Lock()
        self._stopping = False
        self._found: ChatModel | None = None
        self._next_look = 0.0

    @implements(hookspecs.genesis_event)
    async def heard(self, event: Event) -> None:
        """Take a user's new message to heart. What was said before (`messages.imported`) is not
        answered, nor is a message that is old by its own time."""
        number = event.payload.get("message_id")
        if event.type != "message.added" or event.payload.get("role") != "user":
            return
        if not isinstance(number, int):
            return
        from genesis_followups.listening import hear, said_in

        ear = self._ear(event.subject)
        said = said_in(ear.conversation, number)
        oldest = datetime.now(UTC) - timedelta(days=self.context.settings.oldest_days)
        if said is None or said.moment < oldest:
            return
        model = self._model()
        with self._turn:
            hear(ear, said, model)

    @implements(hookspecs.genesis_periodic)
    def periodic(self) -> list[Periodic]:
        """The look at what is due."""
        every = self.context.settings.every_seconds
        return [Periodic(name="followups", every_seconds=every, run=self.ask)]

    async def stop(self) -> None:
        """Ask nothing more."""
        self._stopping = True

    def ask(self) -> None:
        """Ask what is due in every mind of the home."""
        from genesis import Concerns

        from genesis_followups.asking import ask_due

        now = datetime.now(UTC)
        for gmid in Concerns.minds_with_due(self.context.database, now):
            with self._turn:
                ask_due(self._ear(gmid), now, lambda: not self._stopping)

    def _ear(self, gmid: str) -> Ear:
        from genesis import Concerns, ConversationManager

        from genesis_followups.listening import Ear

        database = self.context.database
        return Ear(
            ConversationManager(gmid, database),
            Concerns(gmid, database),
            self._rules,
            self.context.settings,
        )

    def _model(self) -> ChatModel | None:
        """The model to read with, if one can be used; looked for once a minute, since asking it
        takes longer than reading a message."""
        if self.context.settings.model and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LOOK_SECONDS
            try:
                self._found = self.context.minds.chat_model()
            except ModelError:  # the rules are enough
                self._found = None
        return self._found
