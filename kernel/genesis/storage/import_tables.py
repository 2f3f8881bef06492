"""The table of rows that were taken in from older systems."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class ImportedRow(SQLModel, table=True):
    """A row of an older system that was taken in, and a digest of what it said there ("" where it
    is not compared). Written with the row, so that each is taken once."""

    __tablename__ = "imported_rows"
    __table_args__ = {"sqlite_with_rowid": False}
    source: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    digest: str = ""
