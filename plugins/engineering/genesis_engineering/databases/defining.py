"""Carry out definitions on a schema: CREATE, ALTER and DROP, as far as they are understood."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from genesis_engineering.databases.model import ForeignKey, Key, Schema, Table
from genesis_engineering.databases.statements import Statement

_DEFINES = re.compile(r"CREATE|ALTER|DROP|RENAME|COMMENT")
_NAME = r"(?:[\w$]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])"
_CREATES = re.compile(
    rf"CREATE\s+(?:\w+\s+){{0,4}}?(?:TABLE|VIEW|SYNONYM|SEQUENCE)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?:{_NAME}\s*\.\s*)*({_NAME})",
    re.IGNORECASE,
)
_ALTERS = re.compile(
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?:{_NAME}\s*\.\s*)*({_NAME})", re.IGNORECASE
)
_KINDS_OF_KEYS = (exp.PrimaryKey, exp.UniqueColumnConstraint, exp.IndexColumnConstraint)


def define(schema: Schema, statement: Statement, tree: exp.Expr | None, path: str) -> None:
    """Carry out one statement, whose tree is None where it was not understood.

    What is not understood opens the table that it names, so that nothing is said of its columns.
    """
    if statement.is_routine or not _DEFINES.match(statement.head):
        return
    if isinstance(tree, exp.Create):
        _create(schema, tree, statement, path)
    elif isinstance(tree, exp.Alter):
        _alter(schema, tree, statement, path)
    elif isinstance(tree, exp.Drop) and tree.args.get("kind") in ("TABLE", "VIEW"):
        for dropped in tree.args.get("tables") or ():
            schema.tables.pop(name_of(dropped), None)
    elif tree is None:
        _open(schema, statement, path)


def name_of(node: exp.Expr | None) -> str:
    """The name of a table, column or identifier in lower case, without its schema."""
    return node.name.lower() if node is not None else ""


def column_names(nodes: list[exp.Expr] | None) -> Key:
    """The plain columns of a key up to the first expression, or () where it starts with one."""
    names: list[str] = []
    for node in nodes or ():
        inner = node.this if isinstance(node, exp.Ordered) else node
        if not isinstance(inner, exp.Column | exp.Identifier):
            break
        names.append(name_of(inner))
    return tuple(names)


def line_of_name(statement: Statement, node: exp.Expr) -> int:
    """The line in the file on which a part of a statement has its first name."""
    named = node.find(exp.Identifier)
    start = named.meta.get("start") if named is not None else None
    return statement.line_of(start) if isinstance(start, int) else statement.line


def foreign_keys_of(node: exp.Expr, statement: Statement, path: str) -> Iterator[ForeignKey]:
    """The foreign keys of a table's or column's definition, each with the line that names it."""
    for found in node.find_all(exp.Reference):
        target = found.this
        schema = target if isinstance(target, exp.Schema) else None
        table = schema.this if schema else target
        owner = found.find_ancestor(exp.ForeignKey, exp.ColumnDef)
        if not isinstance(table, exp.Table) or owner is None or table.args.get("db"):
            continue
        if isinstance(owner, exp.ForeignKey):
            columns = column_names(owner.expressions)
        else:
            columns = (name_of(owner.this),)
        targets = column_names(schema.expressions) if schema else ()
        line = line_of_name(statement, table)
        yield ForeignKey(columns, name_of(table), targets, path, line)


def _create(schema: Schema, tree: exp.Create, statement: Statement, path: str) -> None:
    kind = str(tree.args.get("kind")).upper()
    if kind == "INDEX":
        _create_index(schema, tree)
    elif kind in ("TABLE", "VIEW"):
        defined = tree.this
        target = defined.this if isinstance(defined, exp.Schema) else defined
        name = name_of(target)
        if kind == "TABLE" and tree.args.get("exists") and name in schema.tables:
            return
        table = Table(name, path, statement.line)
        table.kind = "view" if kind == "VIEW" else "table"
        columns = [e for e in defined.expressions if isinstance(e, exp.ColumnDef)]
        # Without a list of columns they come from elsewhere: a query, another table, a module.
        table.is_open = kind == "VIEW" or not columns or tree.expression is not None
        for element in defined.expressions if isinstance(defined, exp.Schema) else ():
            _add_element(table, element, statement, path)
        if tree.find(exp.LikeProperty, exp.InheritsProperty, exp.PartitionedOfProperty):
            table.is_open = True
        schema.tables[name] = table


def _create_index(schema: Schema, tree: exp.Create) -> None:
    index = tree.this
    table = schema.tables.get(name_of(index.args.get("table")))
    parameters = index.args.get("params")
    if table is not None and parameters is not None:
        table.keys.append(column_names(parameters.args.get("columns")))


def _add_element(table: Table, element: exp.Expr, statement: Statement, path: str) -> None:
    """Take over one element of a table's definition: a column or a constraint."""
    if isinstance(element, exp.ColumnDef):
        _add_column(table, element)
    for key in _KINDS_OF_KEYS:
        for found in element.find_all(key):
            inner = found.this if isinstance(found.this, exp.Schema) else found
            names = column_names(inner.expressions)
            if names:
                table.keys.append(names)
    if isinstance(element, exp.LikeProperty):
        table.is_open = True
    table.foreign_keys += foreign_keys_of(element, statement, path)


def _add_column(table: Table, column: exp.ColumnDef) -> None:
    name = name_of(column.this)
    kind = column.args.get("kind")
    table.columns[name] = kind if isinstance(kind, exp.DataType) else None
    if column.find(exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint):
        table.keys.append((name,))


def _alter(schema: Schema, tree: exp.Alter, statement: Statement, path: str) -> None:
    name = name_of(tree.this)
    table = schema.tables.get(name)
    if table is None:
        # Whoever made it also gave it columns that we do not see.
        table = schema.tables[name] = Table(name, path, statement.line, is_open=True)
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.ColumnDef):
            _add_element(table, action, statement, path)
        elif isinstance(action, exp.AddConstraint):
            for element in action.expressions:
                _add_element(table, element, statement, path)
        elif isinstance(action, exp.AlterRename):
            schema.tables.pop(table.name, None)
            table.name = name_of(action.this)
            schema.tables[table.name] = table
        else:
            _change_column(table, action)


def _change_column(table: Table, action: exp.Expr) -> None:
    match action:
        case exp.Drop() if action.args.get("kind") == "COLUMN":
            for column in action.args.get("tables") or ():
                table.columns.pop(name_of(column), None)
        case exp.Drop():
            pass
        case exp.AlterColumn():
            kind = action.args.get("dtype")
            if isinstance(kind, exp.DataType):
                table.columns[name_of(action.this)] = kind
        case exp.ModifyColumn():
            former = action.args.get("rename_from")
            if former is not None:
                table.columns.pop(name_of(former), None)
            if isinstance(action.this, exp.ColumnDef):
                _add_column(table, action.this)
        case exp.RenameColumn():
            old, new = name_of(action.this), name_of(action.args.get("to"))
            table.columns[new] = table.columns.pop(old, None)
            table.keys = [tuple(new if name == old else name for name in key) for key in table.keys]
        case _:
            table.is_open = True


def _open(schema: Schema, statement: Statement, path: str) -> None:
    found = _ALTERS.match(statement.text) or _CREATES.match(statement.text)
    if found is None:
        return
    name = found.group(1).strip('"`[]').lower()
    table = schema.tables.setdefault(name, Table(name, path, statement.line))
    table.is_open = True
