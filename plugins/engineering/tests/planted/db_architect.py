"""What the db-architect is to find: migrations of several tools, a schema, programs that ask."""

from __future__ import annotations

_FIRST = """-- The {a} shop.
CREATE TABLE {a}_customers (
    id BIGSERIAL PRIMARY KEY,
    email VARCHAR(255) NOT NULL UNIQUE,
    nickname TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE {a}_orders (
    id BIGSERIAL PRIMARY KEY,
    customer_id BIGINT NOT NULL REFERENCES {a}_customers (id) ON DELETE CASCADE,
    number VARCHAR(40) NOT NULL,
    total BIGINT NOT NULL,
    paid BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX {a}_orders_customer ON {a}_orders (customer_id);

CREATE TABLE {a}_payments (
    id BIGSERIAL PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES {a}_orders (id),
    amount BIGINT NOT NULL
);

CREATE FUNCTION {a}_purge() RETURNS void AS $$
BEGIN
    DELETE FROM {a}_payments;
    DROP TABLE {a}_orders;
END
$$ LANGUAGE plpgsql;
"""

_SECOND = """-- Every customer has a language, and old totals are in cents from now on.
ALTER TABLE {a}_customers ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE {a}_customers ADD COLUMN score INTEGER;
UPDATE {a}_customers SET score = 0;
UPDATE {a}_orders SET total = total * 100;
DELETE FROM {a}_payments WHERE amount = 0;
CREATE TABLE {a}_labels (name TEXT PRIMARY KEY);
INSERT INTO {a}_labels (name) VALUES ('DROP TABLE x; DELETE FROM y;');
"""

_THIRD = """ALTER TABLE {a}_customers DROP COLUMN nickname; ⟦drop-column⟧
ALTER TABLE {a}_orders ALTER COLUMN number TYPE VARCHAR(12); ⟦narrowed-type⟧
ALTER TABLE {a}_orders ALTER COLUMN number SET NOT NULL;
ALTER TABLE {a}_customers ALTER COLUMN email TYPE VARCHAR(320);
"""

_FOURTH = """CREATE TABLE {a}_addresses_copy AS SELECT * FROM {a}_payments;
DROP TABLE {a}_payments;
CREATE TABLE {a}_payments (
    id BIGSERIAL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    method TEXT NOT NULL
);
CREATE INDEX {a}_payments_order ON {a}_payments (order_id);
INSERT INTO {a}_payments SELECT id, order_id, amount, 'card' FROM {a}_addresses_copy;
DROP TABLE {a}_addresses_copy;
UPDATE {a}_orders SET paid = FALSE; ⟦update-all-rows⟧
ALTER TABLE {a}_orders ADD COLUMN channel TEXT NOT NULL; ⟦not-null-without-default⟧
CREATE INDEX {a}_customers_language ON {a}_customers (language); ⟦locking-index⟧
CREATE INDEX CONCURRENTLY {a}_orders_number ON {a}_orders (number);
"""

_FIFTH_A = """DELETE FROM {a}_labels; ⟦delete-all-rows⟧
"""

_FIFTH_B = """ALTER TABLE {a}_orders ADD COLUMN note TEXT; ⟦duplicate-version⟧
"""

_DOWN = """DROP TABLE {a}_orders;
DROP TABLE {a}_customers;
DELETE FROM {a}_labels;
"""

_GOOSE = """-- +goose Up
CREATE TABLE {b}_jobs (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
-- +goose StatementBegin
CREATE TRIGGER {b}_jobs_end AFTER DELETE ON {b}_jobs BEGIN
    DELETE FROM {b}_jobs;
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE {b}_jobs;
"""

_LIBRARY = """-- The tables of the {c} library; SQLite.
PRAGMA foreign_keys = ON;

CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    country TEXT
);

CREATE TABLE books (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    isbn TEXT NOT NULL UNIQUE,
    author_id INTEGER NOT NULL REFERENCES authors (id),
    shelf TEXT,
    heir_id INTEGER REFERENCES authors, ⟦foreign-key-without-index⟧
    editor_id INTEGER REFERENCES authers (id) ⟦foreign-key-to-nothing⟧
);
CREATE INDEX books_author ON books (author_id);
CREATE INDEX books_editor ON books (editor_id);

CREATE TABLE loans (
    id INTEGER PRIMARY KEY,
    book_id INTEGER NOT NULL REFERENCES books (book_id), ⟦foreign-key-to-nothing⟧
    reader TEXT NOT NULL,
    due TEXT NOT NULL
) STRICT;
CREATE INDEX loans_book ON loans (book_id);

CREATE VIEW overdue AS SELECT b.title, l.reader FROM loans l JOIN books b ON b.id = l.book_id;
CREATE VIRTUAL TABLE books_text USING fts5(title, body);
"""

_BROKEN = """-- What the {d} desk keeps.
CREATE TABLE desks (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL, ⟦sql-syntax⟧
);
CREATE TABLE chairs (
    id INTEGER PRIMARY KEY,
    "order" TEXT,
    note TEXT DEFAULT 'a, ) b'
);
SELECT id, note FORM chairs; ⟦sql-syntax⟧
SELECT id, note AS form FROM chairs WHERE note IS NOT NULL;
INSERT INTO chairs (id, note) VALUES (1, 'x'), (2, 'y');
"""

_TEMPLATE = """SELECT * FROM {{ ref('{d}_orders') }} WHERE {% if x %} a = 1, {% endif %}
"""

_LOAN_DESK = '''"""Lend the books of the {c} library."""

from __future__ import annotations

import sqlite3

_BY_TITLE = "SELECT id FROM books WHERE titel = ?" ⟦unknown-column⟧
_BY_ISBN = "SELECT id, title FROM books WHERE isbn = ?"
_HELP = "SELECT a book FROM the shelf, then press return"


def find_author(connection: sqlite3.Connection, name: str) -> list[tuple[int]]:
    """SELECT id FROM nowhere: this is only said here."""
    found = connection.execute("SELECT id FROM authors WHERE name = ?", (name,)) ⟦missing-index⟧
    return found.fetchall()


def find_book(connection: sqlite3.Connection, isbn: str) -> object:
    return connection.execute(_BY_ISBN, (isbn,)).fetchone() or connection.execute(
        _BY_TITLE, (isbn,)
    )


def late(connection: sqlite3.Connection) -> list[object]:
    return connection.execute(
        """
        SELECT l.reader, b.title
        FROM loans AS l
        JOIN books AS b ON b.id = l.book_id
        WHERE l.returned IS NULL ⟦unknown-column⟧
        """
    ).fetchall()


def lend(connection: sqlite3.Connection, book: int, reader: str) -> None:
    values = (book, reader)
    connection.execute(
        "INSERT INTO loans (book_id, reader, due) VALUES (?, ?)", ⟦values-mismatch⟧
        values,
    )
    connection.execute("UPDATE book SET shelf = NULL WHERE id = ?", (book,)) ⟦unknown-table⟧
    connection.execute("INSERT INTO loans (book_id, reader, due) VALUES (?, ?, ?)", (1, "a", "b"))


def search(connection: sqlite3.Connection, table: str, words: str) -> list[object]:
    connection.execute(f"SELECT nothing FROM {table}")
    connection.execute("SELECT nothing FROM %s" % table)
    connection.execute("WITH recent AS (SELECT id FROM books) SELECT id FROM recent")
    connection.execute("SELECT count(*) FROM sqlite_master")
    connection.execute("SELECT title FROM books_text WHERE books_text MATCH ?", (words,))
    return connection.execute("SELECT reader FROM overdue WHERE weight = ?", (1,)).fetchall()
'''

_SHELF = """// The shelves of the {c} library.
export async function shelves(db) {
  const own = await db.all("SELECT shelf FROM books WHERE id = ?", [1]);
  const lost = await db.all("SELECT shelf, colour FROM books"); ⟦unknown-column⟧
  const filled = await db.all(`SELECT ${own} FROM books`);
  await db.run("UPDATE books SET shelf = ? WHERE id = ?", ["a", 1]);
  return [own, lost, filled, "SELECT me FROM somewhere" + own];
}
"""

_REVISION = '''"""{text}"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {down}{mark}


def upgrade():
    {up}


def downgrade():
    op.drop_table("{e}_rooms")
    op.drop_column("{e}_guests", "name")
'''


def _revision(name: str, down: str, up: str, mark: str = "") -> str:
    values = {"text": f"Step {name}.", "id": name, "down": down, "up": up, "mark": mark}
    text = _REVISION
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


_MAKE = """op.create_table("{e}_guests", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("{e}_rooms", sa.Column("id", sa.Integer(), nullable=False))
    op.add_column("{e}_rooms", sa.Column("size", sa.Integer(), nullable=False))"""
_ADD = """op.add_column(
        "{e}_guests",
        sa.Column("age", sa.Integer(), nullable=False), ⟦not-null-without-default⟧
    )
    op.add_column("{e}_guests", sa.Column("vip", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("{e}_guests", sa.Column("name", sa.String(80), nullable=True))
    with op.batch_alter_table("{e}_guests") as batch_op:
        batch_op.alter_column( ⟦narrowed-type⟧
            "name", existing_type=sa.String(80), type_=sa.String(20)
        )
        batch_op.drop_column("vip")"""
_LOSE = """op.execute("UPDATE {e}_guests SET age = 0") ⟦update-all-rows⟧
    op.execute("UPDATE {e}_guests SET age = 0 WHERE age IS NULL")
    op.drop_table("{e}_rooms") ⟦drop-table⟧"""

_DJANGO = """from django.db import migrations, models


class Migration(migrations.Migration):
    initial = {initial}
    dependencies = [
        {dependencies}
    ]

    operations = [
        {operations}
    ]
"""


def _django(operations: str, *dependencies: str, initial: bool = False) -> str:
    text = _DJANGO.replace("{initial}", str(initial))
    text = text.replace("{dependencies}", "\n        ".join(dependencies))
    return text.replace("{operations}", operations)


_CREATE_MODEL = """migrations.CreateModel(
            name="Parcel",
            fields=[
                ("id", models.AutoField(primary_key=True)),
                ("label", models.CharField(max_length=200)),
                ("weight", models.IntegerField()),
            ],
        ),"""
_ADD_FIELDS = """migrations.AddField("parcel", "note", models.TextField(blank=True)),
        migrations.AddField("parcel", "colour", models.CharField(max_length=9, default="red")),
        migrations.AddField("parcel", "size", models.IntegerField()), ⟦not-null-without-default⟧
        migrations.AlterField("parcel", "label", models.CharField(max_length=300)),"""
_LOSE_FIELDS = """migrations.RemoveField("parcel", "weight"), ⟦drop-column⟧
        migrations.AlterField( ⟦narrowed-type⟧
            "parcel", "label", models.CharField(max_length=30)
        ),"""

_RAILS = """class ChangeTickets{F} < ActiveRecord::Migration[7.1]
  def up
    create_table :{f}_seats do |t|
      t.string :row
    end
    add_column :{f}_seats, :number, :integer, null: false
    add_column :{f}_tickets, :price, :integer, null: false ⟦not-null-without-default⟧
    add_column :{f}_tickets, :paid, :boolean, null: false, default: false
    remove_column :{f}_tickets, :holder ⟦drop-column⟧
    # drop_table :{f}_shows
  end

  def down
    drop_table :{f}_seats
    remove_column :{f}_tickets, :price
  end
end
"""

_KNEX = """exports.up = async (knex) => {
  await knex.schema.createTable("{g}_draft", (table) => table.increments());
  await knex.schema.dropTable("{g}_draft");
  await knex.schema.dropTable("{g}_events"); ⟦drop-table⟧
};

exports.down = async (knex) => {
  await knex.schema.dropTableIfExists("{g}_other");
};
"""

PLANTED: dict[str, str] = {
    "{a}/db/migrations/0001_first.sql": _FIRST,
    "{a}/db/migrations/0001_first.down.sql": _DOWN,
    "{a}/db/migrations/0002_language.sql": _SECOND,
    "{a}/db/migrations/0003_shorter_numbers.sql": "SELECT 1;\n",
    "{a}/db/migrations/0004_numbers.sql": _THIRD,
    "{a}/db/migrations/0005_payments.sql": _FOURTH,
    "{a}/db/migrations/0006_labels.sql": _FIFTH_A,
    "{a}/db/migrations/0006_notes.sql": _FIFTH_B,
    "{b}/migrations/00001_jobs.sql": _GOOSE,
    "{b}/flyway/V1__start.sql": "CREATE TABLE {b}_states (id INT PRIMARY KEY);\n",
    "{b}/flyway/V2__names.sql": "ALTER TABLE {b}_states ADD COLUMN name TEXT;\n",
    "{b}/flyway/V2__ages.sql": "ALTER TABLE {b}_states ADD age INT;\n",
    "{c}_library/schema.sql": _LIBRARY,
    "{c}_library/desk.py": _LOAN_DESK,
    "{c}_library/shelves.js": _SHELF,
    "{d}/tables.sql": _BROKEN,
    "{d}/models/orders.sql": _TEMPLATE,
    "{d}/tests/broken.sql": "SELCT 1; CREATE TABLE x (a,);\n",
    "{e}/versions/1a_make.py": _revision("1a2b", "None", _MAKE),
    "{e}/versions/2b_add.py": _revision("2b3c", '"1a2b"', _ADD),
    "{e}/versions/3c_lose.py": _revision("3c4d", '"2b3c"', _LOSE),
    "{e}/versions/4d_other.py": _revision("4d5e", '"2b3c"', "pass", " ⟦alembic-heads⟧"),
    "{e}/branch/versions/5e_lost.py": _revision("5e6f", '"9f9f"', "pass",
                                                " ⟦alembic-missing-revision⟧"),
    "{f}_post/migrations/__init__.py": "",
    "{f}_post/migrations/0001_initial.py": _django(_CREATE_MODEL, initial=True),
    "{f}_post/migrations/0002_parcel.py": _django(_ADD_FIELDS, '("{f}_post", "0001_initial"),'),
    "{f}_post/migrations/0003_label.py": _django(
        _LOSE_FIELDS, '("{f}_post", "0002_parcel"),', '("auth", "0001_initial"),'
    ),
    "{f}_post/migrations/0004_size.py": _django(
        "", '("{f}_post", "0003_labels"), ⟦django-missing-dependency⟧⟦django-leaves⟧'
    ),
    "{f}_site/db/migrate/20260101000000_change_tickets.rb": _RAILS,
    "{g}_site/migrations/20260101_events.js": _KNEX,
}  # fmt: skip
PLANTED["{b}/flyway/V2__names.sql"] = (
    "ALTER TABLE {b}_states ADD COLUMN name TEXT; ⟦duplicate-version⟧\n"
)
