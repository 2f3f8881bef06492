"""The table of requests that make something, by the key that their client gave them."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class IdempotencyKeyRow(SQLModel, table=True):
    """A request that was carried out, and its answer. Without one (`status` is null) nobody knows
    how it ended: the process ended first. `request` is a digest, which tells another one apart."""

    __tablename__ = "idempotency_keys"
    __table_args__ = {"sqlite_with_rowid": False}
    key: str = Field(primary_key=True)
    request: str
    created_at: str = Field(index=True)
    status: int | None = None
    answer: bytes | None = None
    location: str | None = None
