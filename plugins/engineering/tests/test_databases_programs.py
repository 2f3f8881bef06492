"""Migrations that are programs: Alembic, Django, Rails, knex and Sequelize."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.engineering.tests.databases import found, told


def revision(name: str, down: str, upgrade: str = "pass", more: str = "") -> str:
    return f"""import sqlalchemy as sa
from alembic import op

revision: str = "{name}"
down_revision = {down}
{more}

def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    op.drop_table("users")
"""


def alembic(folder: Path, *texts: str) -> list[tuple[str, str, int | None]]:
    files = {f"app/versions/{n}.py": text for n, text in enumerate(texts)}
    return told(found("sql-files", folder, files))


def test_two_heads_of_one_history_are_high(tmp_path: Path) -> None:
    texts = (revision("a", "None"), revision("b", "'a'"), revision("c", "'a'"))
    findings = found("sql-files", tmp_path, {f"versions/{n}.py": t for n, t in enumerate(texts)})
    ((severity, rule, line),) = told(findings)
    assert (severity, rule, line, findings[0].file) == ("high", "alembic-heads", 5, "versions/2.py")


@pytest.mark.parametrize(
    "texts",
    [
        (revision("a", "None"), revision("b", "'a'"), revision("c", "'a'"),
         revision("d", "('b', 'c')")),
        (revision("a", "None"), revision("b", "'a'", more="branch_labels = ('x',)"),
         revision("c", "'a'")),
        (revision("a", "None"), revision("b", "OTHER"), revision("c", "'a'")),
        (revision("a", "None"), "revision = 'b'\n", "down_revision = 'x'\n"),
        ("revision = ", revision("a", "None")),
    ],
)  # fmt: skip
def test_merged_labelled_or_computed_histories_are_none_of_ours(
    tmp_path: Path, texts: tuple[str, ...]
) -> None:
    assert alembic(tmp_path, *texts) == []


def test_a_predecessor_that_is_nowhere_and_an_id_that_is_twice_are_high(tmp_path: Path) -> None:
    assert alembic(tmp_path, revision("a", "None"), revision("b", "('a', 'lost')")) == [
        ("high", "alembic-missing-revision", 5)
    ]
    texts = (revision("a", "None"), revision("b", "'a'"), revision("b", "'a'"))
    assert alembic(tmp_path / "twice", *texts) == [("high", "duplicate-version", 4)]


def test_a_predecessor_in_another_folder_is_found(tmp_path: Path) -> None:
    files = {"a/versions/1.py": revision("a", "None"), "b/versions/2.py": revision("b", "'a'")}
    assert found("sql-files", tmp_path, files) == []


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        ("op.drop_table('users')", "drop-table"),
        ("op.drop_column('users', 'name')", "drop-column"),
        ("op.add_column('users', sa.Column('a', sa.Integer(), nullable=False))",
         "not-null-without-default"),
        ("op.alter_column('users', 'a', existing_type=sa.String(length=9), type_=sa.String(3))",
         "narrowed-type"),
        ("op.execute('DELETE FROM users')", "delete-all-rows"),
        ("op.execute(sa.text('UPDATE users SET a = 1'))", "update-all-rows"),
    ],
)  # fmt: skip
def test_a_step_of_an_upgrade_is_found(tmp_path: Path, operation: str, rule: str) -> None:
    assert alembic(tmp_path, revision("a", "None", operation)) == [("medium", rule, 9)]


def test_a_step_within_a_batch_belongs_to_its_table(tmp_path: Path) -> None:
    batch = """with op.batch_alter_table("users") as batch:
        batch.drop_column("name")
        batch.add_column(sa.Column("a", sa.Integer(), nullable=False))
        batch.add_column(sa.Column("b", sa.Integer(), nullable=False, server_default="1"))"""
    assert alembic(tmp_path, revision("a", "None", batch)) == [
        ("medium", "drop-column", 10), ("medium", "not-null-without-default", 11),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "operation",
    [
        "op.create_table('x'); op.drop_table('x')",
        "op.rename_table('x', 'y'); op.drop_table('x')",
        "op.drop_table(NAME)",
        "op.drop_index('users')",
        "op.add_column('u', sa.Column('a', sa.Integer(), nullable=True))",
        "op.add_column('u', sa.Column('a', sa.Integer(), sa.Identity(), nullable=False))",
        "op.create_table('u'); op.add_column('u', sa.Column('a', sa.Integer(), nullable=False))",
        "op.add_column('u', sa.Column('a', sa.Integer())); op.drop_column('u', 'a')",
        "op.execute('DELETE FROM u'); op.execute('INSERT INTO u VALUES (1)')",
        "op.execute(f'DELETE FROM {u}')",
        "op.alter_column('u', 'a', type_=sa.String(3))",
    ],
)
def test_a_harmless_upgrade_is_no_finding(tmp_path: Path, operation: str) -> None:
    assert alembic(tmp_path, revision("a", "None", operation)) == []


def migration(operations: str = "", *dependencies: str, more: str = "") -> str:
    listed = ", ".join(
        f"({d!r}.split('.'))" if "(" in d else str(tuple(d.split("."))) for d in dependencies
    )
    return f"""from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{listed}]
    {more}
    operations = [
        {operations}
    ]
"""  # fmt: skip


def django(folder: Path, *texts: str) -> list[tuple[str, str, int | None]]:
    files = {f"shop/migrations/{n:04}_x.py": text for n, text in enumerate(texts, 1)}
    return told(found("sql-files", folder, files))


def test_two_leaves_and_a_dependency_that_is_nowhere_are_high(tmp_path: Path) -> None:
    texts = (migration(), migration("", "shop.0001_x"), migration("", "shop.0001_x"))
    assert django(tmp_path, *texts) == [("high", "django-leaves", 5)]
    texts = (*texts[:2], f"{texts[2]}\n    def __init__(self):\n        self.dependencies = []\n")
    assert django(tmp_path / "computed", *texts) == []
    texts = (f"# this file is auto-generated\n{migration()}", migration("", "shop.0001_x"))
    assert django(tmp_path / "generated", *texts) == []
    texts = (migration(), migration("", "shop.0001_x", "shop.0009_lost"))
    assert django(tmp_path / "lost", *texts) == [("high", "django-missing-dependency", 5)]


def test_histories_that_django_takes_are_no_finding(tmp_path: Path) -> None:
    assert django(
        tmp_path, migration("", "auth.0001_initial", "other.__first__"),
        migration("", "shop.0001_x"), migration("", "shop.0002_x"),
        migration(more='replaces = [("shop", "0001_x"), ("shop", "0002_x")]'),
    ) == []  # fmt: skip
    files = {
        "a/shop/migrations/0001_x.py": migration(), "b/shop/migrations/0001_y.py": migration(),
        "c/post/migrations/0001_x.py": migration("", "shop.0003_z"),
        "d/mail/apps.py": 'class A:\n    label = "letters"\n',
        "d/mail/migrations/0001_x.py": migration(),
        "d/mail/migrations/0002_x.py": migration("", "letters.0001_x"),
    }  # fmt: skip
    assert found("sql-files", tmp_path / "labels", files) == []


_FIRST = migration(
    'migrations.CreateModel("Car", [("id", models.AutoField(primary_key=True)), '
    '("name", models.CharField(max_length=50)), ("text", models.TextField())])'
)


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        ('migrations.RemoveField("car", "name")', "drop-column"),
        ('migrations.RemoveField(model_name="car", name="name")', "drop-column"),
        ('migrations.DeleteModel("Car")', "drop-table"),
        ('migrations.AddField("car", "age", models.IntegerField())', "not-null-without-default"),
        ('migrations.AddField("car", "of", models.ForeignKey("x.Y", on_delete=models.CASCADE))',
         "not-null-without-default"),
        ('migrations.AlterField("car", "name", models.CharField(max_length=5))', "narrowed-type"),
        ('migrations.AlterField("car", "text", models.CharField(max_length=5))', "narrowed-type"),
        ('migrations.RunSQL("DELETE FROM shop_car", "SELECT 1")', "delete-all-rows"),
        ('migrations.RunSQL(["UPDATE shop_car SET a = 1"])', "update-all-rows"),
        ("migrations.SeparateDatabaseAndState(database_operations=["
         'migrations.DeleteModel("Car")])', "drop-table"),
    ],
)  # fmt: skip
def test_a_step_of_a_django_migration_is_found(tmp_path: Path, operation: str, rule: str) -> None:
    second = migration(operation + ",", "shop.0001_x")
    assert django(tmp_path, _FIRST, second) == [("medium", rule, 8)]


@pytest.mark.parametrize(
    "operation",
    [
        'migrations.AddField("car", "a", models.IntegerField(null=True))',
        'migrations.AddField("car", "a", models.IntegerField(default=1))',
        'migrations.AddField("car", "a", models.CharField(max_length=3, blank=True))',
        'migrations.AddField("car", "a", models.DateTimeField(auto_now_add=True))',
        'migrations.AddField("car", "a", models.ManyToManyField("x.Y"))',
        'migrations.AddField("car", "a", fields.OwnField())',
        'migrations.AddField("car", "a", models.IntegerField(**options))',
        'migrations.CreateModel("Bus", []), migrations.AddField("bus", "a", models.IntegerField())',
        'migrations.AlterField("car", "name", models.CharField(max_length=60))',
        'migrations.AlterField("car", "name", models.TextField())',
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Car")])',
        'migrations.CreateModel("View", [], options={"managed": False}), '
        'migrations.DeleteModel("View")',
        "migrations.RunPython(forwards)",
        'migrations.RunSQL(SQL, "DELETE FROM shop_car")',
    ],
)
def test_a_harmless_django_migration_is_no_finding(tmp_path: Path, operation: str) -> None:
    assert django(tmp_path, _FIRST, migration(operation, "shop.0001_x")) == []


_TODAY = datetime.now(UTC)
_LATELY, _LONG_AGO = _TODAY - timedelta(days=90), _TODAY - timedelta(days=400)


@pytest.mark.parametrize(("day", "severity"), [(_LATELY, "medium"), (_LONG_AGO, "info")])
def test_a_migration_that_was_written_over_a_year_ago_has_run_everywhere(
    tmp_path: Path, day: datetime, severity: str
) -> None:
    drop = migration('migrations.RemoveField("car", "name"),', "shop.0001_x")
    head = f"# Generated by Django 5.2 on {day:%Y-%m-%d %H:%M}\n"
    expected = [(severity, "drop-column", 9)]
    assert django(tmp_path / "head", head + _FIRST, head + drop) == expected
    name = f"shop/migrations/0002_auto_{day:%Y%m%d_%H%M}.py"
    files = {"shop/migrations/0001_x.py": _FIRST, name: "\n" + drop}
    assert told(found("sql-files", tmp_path / "name", files)) == expected
    head = f'"""More.\n\nCreate Date: {day:%Y-%m-%d %H:%M:%S}\n\n"""\n'
    text = head + revision("a", "None", "op.drop_column('users', 'name')")
    assert alembic(tmp_path / "alembic", text) == [(severity, "drop-column", 14)]
    for path in (
        f"migrations/{day:%Y%m%d%H%M%S}_a.sql",
        f"migrations/{day:%Y%m%d}_a/migration.sql",
    ):
        files = {path: "ALTER TABLE cars DROP COLUMN name;\n"}
        place = tmp_path / path.replace("/", "-")
        assert told(found("sql-files", place, files)) == [(severity, "drop-column", 1)]


@pytest.mark.parametrize("stamp", ["20261399", "19991231", "2026010", "x20200101y"])
def test_a_number_that_is_no_day_tells_nothing_of_age(tmp_path: Path, stamp: str) -> None:
    files = {f"migrations/{stamp}_a.sql": "ALTER TABLE cars DROP COLUMN name;\n"}
    assert told(found("sql-files", tmp_path, files)) == [("medium", "drop-column", 1)]


def test_no_row_comes_between_two_migrations_that_make_an_app(tmp_path: Path) -> None:
    key = 'migrations.AddField("car", "of", models.ForeignKey("x.Y", on_delete=models.CASCADE))'
    second = migration(key + ",", "shop.0001_x", more="initial = True")
    assert django(tmp_path, _FIRST, second) == []


def test_data_that_a_migration_moves_first_makes_its_drops_low(tmp_path: Path) -> None:
    second = migration(
        'migrations.RunPython(move), migrations.RemoveField("car", "name")', "shop.0001_x"
    )
    assert django(tmp_path, _FIRST, second) == [("low", "drop-column", 8)]


def test_rails_runs_up_and_change_forward(tmp_path: Path) -> None:
    text = """class X < ActiveRecord::Migration[7.0]
  def change
    remove_column :users, :name, :string
    add_column :users, :age, :integer, null: false
    add_column :users, :size, :integer, null: false, default: 0
    create_table(:cars) { |t| t.string :a }
    add_column :cars, :age, :integer, null: false
    drop_table :bikes
  end

  def down
    drop_table :users
  end
end
"""
    assert told(found("sql-files", tmp_path, {"db/migrate/20260101_x.rb": text})) == [
        ("medium", "drop-column", 3), ("medium", "not-null-without-default", 4),
        ("medium", "drop-table", 8),
    ]  # fmt: skip


def test_rails_refuses_a_version_that_is_there_twice(tmp_path: Path) -> None:
    files = dict.fromkeys(["db/migrate/20260101_a.rb", "db/migrate/20260101_b.rb"], "x = 1\n")
    files |= dict.fromkeys(["db/migrate/20260102_a.rb", "other/20260101_a.rb"], "x = 1\n")
    assert told(found("sql-files", tmp_path, files)) == [("high", "duplicate-version", 1)]


def test_javascript_runs_up_forward(tmp_path: Path) -> None:
    knex = """const clean = (knex) => knex.schema.dropTable('helpers');
exports.up = (knex) => knex.schema
  .dropTable('users')
  .alterTable('cars', (table) => {
    table.dropColumn("size");
    // table.dropColumn("age");
  });
exports.down = (knex) => knex.schema.dropTable('cars');
"""
    sequelize = """module.exports = {
  async up(queryInterface) {
    await queryInterface.removeColumn('users', 'name');
  },
  async down(queryInterface) {
    await queryInterface.dropTable('users');
  },
};
"""
    files = {"migrations/1.js": knex, "db/migrations/1.js": sequelize}
    assert told(found("sql-files", tmp_path, files)) == [
        ("medium", "drop-column", 3), ("medium", "drop-table", 3), ("medium", "drop-column", 5),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["tests/versions/1.py", "tests/app/migrations/0001_x.py"])
def test_migrations_of_tests_are_left_alone(tmp_path: Path, path: str) -> None:
    text = revision("a", "'lost'") + migration("", "app.0009_lost")
    assert found("sql-files", tmp_path, {path: text}) == []
