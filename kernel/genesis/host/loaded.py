"""A plugin on its way through a start: what exists of it, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from genesis.contracts.plugins import PluginState, PluginStatus
from genesis.host.discovery import Candidate
from genesis.host.plugin import NoSettings, Plugin

T = TypeVar("T")


@dataclass
class LoadedPlugin:
    """Filled step by step; `status` is None while no step has failed and it is not yet active."""

    candidate: Candidate
    plugin_class: type[Plugin[BaseModel]] = Plugin
    settings: BaseModel = field(default_factory=NoSettings)
    plugin: Plugin[BaseModel] | None = None
    records: list[BaseModel] = field(default_factory=list)
    status: PluginStatus | None = None
    started: bool = False

    @property
    def id(self) -> str:
        return self.candidate.id

    @property
    def has_failed(self) -> bool:
        return self.status is not None and self.status.state == PluginState.FAILED

    def has_lifecycle(self) -> bool:
        """Whether there is anything to start or stop."""
        own, base = self.plugin_class, Plugin
        return own.start is not base.start or own.stop is not base.stop

    def of(self, record_type: type[T]) -> Sequence[T]:
        """What it contributed of one type."""
        return [record for record in self.records if isinstance(record, record_type)]

    def settle(self, state: PluginState, step: str = "", reason: str = "") -> None:
        """Note where it stands."""
        self.status = PluginStatus(
            id=self.id,
            distribution=self.candidate.distribution,
            version=self.candidate.version,
            state=state,
            step=step,
            reason=reason,
        )
