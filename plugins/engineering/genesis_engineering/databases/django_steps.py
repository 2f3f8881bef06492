"""Operations of Django migrations that lose data or fail on rows that are there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from genesis_engineering.databases.course import Course, Step
from genesis_engineering.databases.django_files import DjangoMigration
from genesis_engineering.databases.model import Schema, Table
from genesis_engineering.databases.narrowing import is_narrower
from genesis_engineering.databases.python_calls import (
    argument,
    foresee,
    is_given,
    name_of_call,
    sql_steps,
    text_of,
    type_of,
)

# Fields of Django itself that need a value when rows are there: for others nobody can tell.
_NEEDS_VALUE = frozenset(
    {"BigIntegerField", "BooleanField", "CharField", "DateField", "DateTimeField", "DecimalField",
     "EmailField", "FloatField", "ForeignKey", "IntegerField", "JSONField", "OneToOneField",
     "PositiveIntegerField", "SlugField", "SmallIntegerField", "TextField", "TimeField",
     "URLField", "UUIDField"}
)  # fmt: skip
_GIVES_VALUE = ("default", "db_default", "auto_now", "auto_now_add", "primary_key")


def find_django_steps(migration: DjangoMigration, models: Schema) -> Iterator[Step]:
    """The steps forward of one migration. `models` are the fields that those before it leave, by
    the model's name; they are changed to what this one leaves."""
    course = Course(models)
    if migration.is_initial:
        # Models that refer to each other take two migrations; no row comes between them.
        course.made |= set(models.tables)
    for call in migration.operations:
        if name_of_call(call) == "RunSQL":
            foresee(argument(call, "sql", 0), course)
    for call in migration.operations:
        operation = name_of_call(call)
        if operation == "RunSQL":
            yield from sql_steps(argument(call, "sql", 0), course)
            continue
        first = "model_name" if operation.endswith("Field") else "name"
        model = text_of(argument(call, first, 0)).lower()
        if not model:
            continue
        if operation.endswith("Field"):
            name = text_of(argument(call, "name", 1))
            yield from _field(operation, call, model, name, course)
        elif operation == "CreateModel":
            course.made.add(model)
            models.tables[model] = _model(call, model)
        elif operation == "DeleteModel":
            yield from _delete(call, model, course)


def _field(operation: str, call: ast.Call, model: str, name: str, course: Course) -> Iterator[Step]:
    table = course.before.tables.setdefault(model, Table(model))
    field = argument(call, "field", 2)
    kind = type_of(field)
    if operation == "RemoveField":
        table.columns.pop(name, None)
        if not course.is_own_column(model, name):
            yield Step("drop-column", call.lineno, f"the field {model}.{name} is dropped")
    elif operation == "AddField":
        course.added.add((model, name))
        if isinstance(field, ast.Call) and model not in course.made and _needs_value(field):
            what = f"the field {model}.{name} is added without a default and may not be NULL"
            yield Step("not-null-without-default", call.lineno, what)
        table.columns[name] = kind
    elif operation == "AlterField":
        old = table.columns.get(name)
        if old is not None and kind is not None and is_narrower(old, kind):
            shown = f"from {old.sql()} to {kind.sql()}"
            yield Step("narrowed-type", call.lineno, f"the field {model}.{name} shrinks {shown}")
        table.columns[name] = kind


def _needs_value(field: ast.Call) -> bool:
    if name_of_call(field) not in _NEEDS_VALUE or any(k.arg is None for k in field.keywords):
        return False
    is_text = name_of_call(field).endswith(("CharField", "TextField", "SlugField", "EmailField",
                                            "URLField"))  # fmt: skip
    has_value = any(argument(field, name) is not None for name in _GIVES_VALUE)
    # Django writes "" into texts that may be blank.
    return not (has_value or is_given(field, "null", True)
                or (is_text and is_given(field, "blank", True)))  # fmt: skip


def _model(call: ast.Call, model: str) -> Table:
    table = Table(model)
    fields = argument(call, "fields", 1)
    for element in fields.elts if isinstance(fields, ast.List | ast.Tuple) else ():
        match element:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), field]):
                table.columns[name] = type_of(field)
            case _:
                pass
    options = argument(call, "options", 2)
    table.kind = "view" if options is not None and _is_unmanaged(options) else "table"
    return table


def _is_unmanaged(options: ast.expr) -> bool:
    """Whether the options have `managed: False` or `proxy: True`: there is no table then."""
    keys = options.keys if isinstance(options, ast.Dict) else []
    values = options.values if isinstance(options, ast.Dict) else []
    told = {
        key.value: value.value
        for key, value in zip(keys, values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    }
    return told.get("managed") is False or told.get("proxy") is True


def _delete(call: ast.Call, model: str, course: Course) -> Iterator[Step]:
    known = course.before.tables.pop(model, None)
    has_table = known is None or known.kind == "table"
    if has_table and not course.is_own(model):
        yield Step("drop-table", call.lineno, f"the model {model} and its rows are dropped")
