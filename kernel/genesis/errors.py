"""The one exception tree. Each message says what is wrong, where, and what to do now."""

from __future__ import annotations


class GenesisError(Exception):
    """Base of every error that Genesis raises on purpose.

    `exit_code` is what the `genesis` command ends with when the error reaches it.
    """

    exit_code = 1


class UsageError(GenesisError):
    """The caller asked for something that does not exist or does not fit."""

    exit_code = 2


class NotFoundError(UsageError):
    """What was named does not exist."""


class ConflictError(UsageError):
    """What was asked for is valid, but does not fit the state of things at this moment."""


class HomeError(GenesisError):
    """The home folder cannot be used: missing permission, full disk, or held by another process."""

    exit_code = 3


class SettingsError(GenesisError):
    """`genesis.toml` or an environment variable holds something that is not valid."""

    exit_code = 3


class StorageError(GenesisError):
    """The database cannot be opened, read or written."""

    exit_code = 3


class NewerDatabaseError(StorageError):
    """The database was written by a later release than this one."""


class BackupError(StorageError):
    """A backup cannot be made, read or put back; the home is as it was."""


class MindError(GenesisError):
    """A mind's file cannot be read or written; the message names the file and the key."""

    exit_code = 3


class MindTooLargeError(MindError):
    """A mind's file would grow beyond its limit; nothing was written."""


class NewerMindError(MindError):
    """A mind's file was written by a later release than this one; nothing was changed."""


class PluginError(GenesisError):
    """A plugin cannot be used; the message names it and the step at which it failed."""


class HookTimeoutError(PluginError):
    """A call into a plugin did not return within its time limit."""


class PlanError(GenesisError):
    """A session plan cannot be carried out: unknown specialist, cycle, or duplicate key."""


class LostLeaseError(GenesisError):
    """An attempt tried to write after its lease had passed to another attempt."""


class AttemptCancelledError(GenesisError):
    """Raised inside a tool, from `context.progress`, once its attempt was cancelled."""


class EmbedderError(GenesisError):
    """Text cannot be made a vector: no embedder, an unknown one, or one that gave something else
    than it promises; the message names it."""


class EmbedderMismatchError(EmbedderError):
    """Memories have vectors of another embedder, and vectors of two are never compared."""


class ModelError(GenesisError):
    """A model cannot be used, or gave no answer; the message says what to do."""
