"""Data of the second part: five kinds of migrations, and programs that ask the tables."""

from __future__ import annotations

_ALEMBIC_FIRST = '''"""Parcels

Revision ID: 4be0f1a2c3d4
Revises: 77aa01bc3d4e
Create Date: 2026-01-10 09:00:12.114
"""

from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision: str = "4be0f1a2c3d4"
down_revision: Union[str, None] = "77aa01bc3d4e" ⟦alembic-missing-revision⟧
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("zone", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
    )
    op.create_index("ix_parcels_reference", "parcels", ["reference"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_parcels_reference", table_name="parcels")
    op.drop_table("parcels")
'''

_ALEMBIC_SECOND = '''"""Carriers of parcels

Revision ID: 5cf1a2b3d4e5
Revises: 4be0f1a2c3d4
"""

import sqlalchemy as sa
from alembic import op

revision = "5cf1a2b3d4e5"
down_revision = "4be0f1a2c3d4"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("parcels", sa.Column("weight", sa.Integer(), server_default="0", nullable=False))
    carrier = sa.Column("carrier", sa.String(40), nullable=False)
    op.add_column("parcels", carrier)
    op.add_column("parcels", sa.Column("hub", sa.Text, nullable=False)) ⟦not-null-without-default⟧
    with op.batch_alter_table("parcels") as batch_op:
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(), nullable=True))
        batch_op.alter_column("zone", existing_type=sa.String(10), type_=sa.String(20))
        batch_op.drop_column("note") ⟦drop-column⟧


def downgrade():
    with op.batch_alter_table("parcels") as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.drop_column("seen_at")
    op.drop_column("parcels", "carrier")
    op.drop_column("parcels", "hub")
    op.drop_column("parcels", "weight")
'''

_PRISMA_FIRST = """-- CreateTable
CREATE TABLE "Order" (
    "id" TEXT NOT NULL,
    "customerId" TEXT NOT NULL,
    "note" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Draft" (
    "id" TEXT NOT NULL,
    "body" TEXT NOT NULL,

    CONSTRAINT "Draft_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Order_customerId_idx" ON "Order"("customerId");
"""

_PRISMA_SECOND = """/*
  Warnings:

  - You are about to drop the `Draft` table. If the table is not empty, all the data is lost.
*/
-- DropTable
DROP TABLE "Draft"; ⟦drop-table⟧

-- AlterTable
ALTER TABLE "Order" ADD COLUMN "channel" TEXT NOT NULL DEFAULT 'web';
ALTER TABLE "Order" ADD COLUMN "region" TEXT NOT NULL; ⟦not-null-without-default⟧

-- CreateTable
CREATE TABLE "Refund" (
    "id" SERIAL NOT NULL,
    "orderId" TEXT NOT NULL,

    CONSTRAINT "Refund_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Refund_orderId_idx" ON "Refund"("orderId");

-- CreateIndex
CREATE INDEX "Order_createdAt_idx" ON "Order"("createdAt"); ⟦locking-index⟧
"""

_VANS_FIRST = """CREATE TABLE vans (
    id BIGSERIAL PRIMARY KEY,
    plate VARCHAR(200) NOT NULL UNIQUE,
    seats SMALLINT NOT NULL DEFAULT 2
);

CREATE TABLE trips (
    id BIGSERIAL PRIMARY KEY,
    van_id BIGINT NOT NULL REFERENCES vans (id),
    started_at TIMESTAMPTZ NOT NULL,
    driver_id BIGINT REFERENCES drivers (id) ⟦foreign-key-to-nothing⟧
);

CREATE INDEX trips_van ON trips (van_id, started_at);
CREATE INDEX trips_driver ON trips (driver_id);
"""

_VANS_THIRD = """BEGIN;
ALTER TABLE vans ALTER COLUMN seats TYPE INTEGER;
ALTER TABLE vans ALTER COLUMN plate TYPE VARCHAR(12); ⟦narrowed-type⟧
UPDATE trips SET kilometres = 0 WHERE kilometres IS NULL;
COMMIT;
"""

_RAILS = """# frozen_string_literal: true

class TidyTickets < ActiveRecord::Migration[7.1]
  disable_ddl_transaction!

  def up
    remove_column :tickets, :legacy_ref, :string ⟦drop-column⟧
    add_column :tickets, :priority, :integer, null: false, default: 0
    add_column :tickets, :queue, :string, null: false ⟦not-null-without-default⟧
    add_index :tickets, :queue, algorithm: :concurrently
    drop_table :feedback ⟦drop-table⟧
  end

  def down
    create_table :feedback do |t|
      t.text :body
    end
    remove_column :tickets, :queue
    remove_column :tickets, :priority
    add_column :tickets, :legacy_ref, :string
  end
end
"""

_YARD_FIRST = """from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Gate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
            ],
        ),
    ]
"""

_YARD_SECOND = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("yard", "0001_initial"),
        ("yard", "0002_gate_lamp"), ⟦django-missing-dependency⟧
    ]
    operations = [
        migrations.AddField("gate", "open", models.BooleanField(default=False)),
    ]
"""

_POST_SCHEMA = """PRAGMA foreign_keys = ON;

CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS letters (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id), ⟦foreign-key-without-index⟧
    sent_at TEXT NOT NULL,
    weight REAL NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS stamps (
    letter_id INTEGER NOT NULL REFERENCES letters (id),
    value INTEGER NOT NULL,
    PRIMARY KEY (letter_id, value)
);

CREATE INDEX IF NOT EXISTS letters_sent ON letters (sent_at);
"""

_POST_STORE = '''"""What the post office remembers."""

import sqlite3
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema.sql")


class Store:
    """One connection; used by one thread."""

    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path)
        self.db.executescript(SCHEMA.read_text("utf-8"))

    def letters(self, customer: int) -> list[tuple[int, str]]:
        return self.db.execute(
            "SELECT id, sent_at FROM letters WHERE sent_at > ? ORDER BY sent_at", (customer,)
        ).fetchall()

    def heavy(self, limit: float) -> list[tuple[int]]:
        query = "SELECT id FROM letters WHERE wieght > ? AND sent_at > ?" ⟦unknown-column⟧
        return self.db.execute(query, (limit, "2026")).fetchall()

    def named(self, name: str) -> list[tuple[str]]:
        sql = "SELECT c.email FROM customers AS c WHERE c.email LIKE ? || '@%'"
        return self.db.execute(sql, (name,)).fetchall()

    def archive(self, day: str) -> None:
        self.db.execute("INSERT INTO old_mail SELECT id FROM letters WHERE id < 9") ⟦unknown-table⟧
        self.db.execute("DELETE FROM letters WHERE sent_at < ?", (day,))
        self.db.execute("CREATE TEMP TABLE kept AS SELECT id FROM letters")
        self.db.execute("SELECT count(*) FROM kept")

    def add(self, name: str, email: str) -> None:
        query = "INSERT INTO customers (name, email) VALUES (?, ?, ?)" ⟦values-mismatch⟧
        self.db.execute(query, (name, email, 1))
        self.db.execute("INSERT INTO customers (name, email) VALUES (?, ?)", (name, email))

    def forget(self, customer: int) -> None:
        self.db.execute("DELETE FROM stamps") ⟦delete-all-rows⟧
        self.db.execute("DELETE FROM customers WHERE id = ?", (customer,))

    def rename(self, customer: int, name: str) -> None:
        with self.db:
            self.db.execute("UPDATE customers SET name = ?", (name,)) ⟦update-all-rows⟧
            self.db.execute("UPDATE customers SET name = ? WHERE id = ?", (name, customer))
'''

_VANS_GO = """package vans

import (
	"context"
	"database/sql"
)

// Store asks the tables of the vans.
type Store struct{ db *sql.DB }

// Plate is the plate of one van.
func (s *Store) Plate(ctx context.Context, id int64) (plate string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT plate FROM vans WHERE id = $1`, id).Scan(&plate)
	return plate, err
}

// Big is a van with many seats.
func (s *Store) Big(ctx context.Context) (id int, err error) {
	row := s.db.QueryRowContext(ctx, "SELECT id FROM vans WHERE seat_count > 6") ⟦unknown-column⟧
	err = row.Scan(&id)
	return id, err
}

// Drop says in words: "select the vans that are old, delete from the yard".
func (s *Store) Drop(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM trips WHERE van_id = $1", id)
	return err
}
"""

_REPORT = """-- Letters and their weight, by month.
WITH months AS (
    SELECT substr(sent_at, 1, 7) AS month, weight, customer_id
    FROM letters
)
SELECT month, count(*) AS letters, sum(weight) AS weight
FROM months
GROUP BY month
HAVING count(*) > 10
ORDER BY month DESC;

SELECT customer_id, count(*)
FROM letters
WHERE sent_at BETWEEN '2026-01-01' '2026-12-31' ⟦sql-syntax⟧
GROUP BY customer_id;
"""

DATA: dict[str, str] = {
    "parcels/alembic.ini": "[alembic]\nscript_location = alembic\n",
    "parcels/alembic/versions/4be0f1a2c3d4_parcels.py": _ALEMBIC_FIRST,
    "parcels/alembic/versions/5cf1a2b3d4e5_carriers_of_parcels.py": _ALEMBIC_SECOND,
    "parlour/prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "parlour/prisma/migrations/20260105120000_init/migration.sql": _PRISMA_FIRST,
    "parlour/prisma/migrations/20260219081500_regions/migration.sql": _PRISMA_SECOND,
    "vans/migrations/000001_init.up.sql": _VANS_FIRST,
    "vans/migrations/000001_init.down.sql": "DROP TABLE trips;\nDROP TABLE vans;\n",
    "vans/migrations/000002_kilometres.up.sql": (
        "ALTER TABLE trips ADD COLUMN kilometres INTEGER;\n"
    ),
    "vans/migrations/000002_kilometres.down.sql": "ALTER TABLE trips DROP COLUMN kilometres;\n",
    "vans/migrations/000002_wheels.up.sql": (
        "ALTER TABLE vans ADD COLUMN wheels SMALLINT; ⟦duplicate-version⟧\n"
    ),
    "vans/migrations/000003_types.up.sql": _VANS_THIRD,
    "vans/store.go": _VANS_GO,
    "vans/go.mod": "module {c}.example/vans\n\ngo 1.22\n",
    "tickets/db/migrate/20260105101500_tidy_tickets.rb": _RAILS,
    "yard/__init__.py": "",
    "yard/migrations/__init__.py": "",
    "yard/migrations/0001_initial.py": _YARD_FIRST,
    "yard/migrations/0003_gate_open.py": _YARD_SECOND,
    "letters/schema.sql": _POST_SCHEMA,
    "letters/store.py": _POST_STORE,
    "letters/monthly.sql": _REPORT,
}
