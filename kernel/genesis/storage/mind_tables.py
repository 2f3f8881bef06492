"""The table of the minds that a home knows."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class MindRow(SQLModel, table=True):
    """A mind that this home knows; who it is stands in its JSON file."""

    __tablename__ = "minds"
    gmid: str = Field(primary_key=True)
    name: str = Field(index=True)
    creator: str = ""
    creator_email: str | None = None
    template: str = ""
    primary_purpose: str | None = None
    primary_role: str | None = None
    status: str = "active"
    birth_date: str
    last_active: str
    storage_path: str
