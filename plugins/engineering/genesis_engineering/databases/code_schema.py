"""Tables that programs define: in literal SQL, through an ORM, or in a way that is not seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from genesis_engineering.databases.defining import define
from genesis_engineering.databases.dialects import parse
from genesis_engineering.databases.literals import Literal
from genesis_engineering.databases.model import Schema, Table, top_folder
from genesis_engineering.databases.statements import Statement, split_statements

_MOST_CHARACTERS = 1000
_CREATE = re.compile(
    r"\b(?:CREATE\s+(?:\w+\s+){0,3}?(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"|ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?)(?P<name>[^\s(]{1,120})",
    re.IGNORECASE,
)
_MAKES = re.compile(r"CREATE\s+(?:\w+\s+){0,3}?(?:TABLE|VIEW)\b", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[\"'`\[]?\w+[\"'`\]]?\.)*\\?[\"'`\[]?(\w+)\\?[\"'`\]]?")
_MODELS = re.compile(
    r"(?:__tablename__|db_table|table_?[nN]ame|self\.table)\W{1,12}[\"'`:](\w+)"
    r"|(?:[tT]able|add_column|addColumn|to_sql|model|define|Entity|from)\s*\(\s*[\"'`:](\w+)"
    r"|(?:create|change|rename)_table\s*\(?\s*[:\"'](\w+)"
)
_TELLS = ("able", "add_column", "addColumn", "to_sql", "model(", "define(", "Entity(", "from(")
_ORM = re.compile(
    r"\bmodels\.Model\b|\bActiveRecord\b|\bDeclarativeBase\b|\bdeclarative_base\b|\bSQLModel\b"
    r"|\bautomap_base\b|\bTortoise\b|\bpeewee\b|\bsequelize\b|\btypeorm\b|\bgorm\.|\bBase\.metadata\b",
    re.IGNORECASE,
)


def add_literals(schema: Schema, literals: Iterable[Literal]) -> None:
    """Carry out the definitions of literal SQL: first what makes tables, for the order in which
    programs run them is not known. So nothing is dropped either."""
    changes: list[tuple[Statement, str]] = []
    for literal in literals:
        for statement in split_statements(literal.text) if literal.is_definition else ():
            if _MAKES.match(statement.text):
                own = Schema()
                define(own, statement, parse(statement), literal.path)
                schema.add(own)
            elif not statement.head.startswith("DROP"):
                changes.append((statement, literal.path))
    for statement, path in changes:
        define(schema, statement, parse(statement), path)


def add_mentions(schema: Schema, path: str, text: str, literals: Iterable[Literal] = ()) -> None:
    """Open what a text may define beyond the literals that were found in it."""
    understood = [_names(literal.text) for literal in literals if literal.is_definition]
    seen = Counter(name for names in understood for name in names.elements())
    for (verb, name), count in _names(text).items():
        if not name:
            # A name that is put in: any table may be made or changed here.
            folders = schema.open_folders if verb == "CREATE" else schema.altered_folders
            folders.add(top_folder(path))
        elif count > seen[verb, name] or name not in schema.tables:
            _open(schema, name)
    for line in text.split("\n"):
        # Asking for plain words first is ten times as fast.
        if len(line) < _MOST_CHARACTERS and any(word in line for word in _TELLS):
            for model in _MODELS.finditer(line):
                _open(schema, next(group for group in model.groups() if group))
    if _ORM.search(text):
        schema.open_folders.add(top_folder(path))


def _names(text: str) -> Counter[tuple[str, str]]:
    """How often a text makes or alters a table, by verb and name; "" is a name that is put in."""
    found: Counter[tuple[str, str]] = Counter()
    for one in _CREATE.finditer(text):
        verb = one.group()[:6].upper()
        plain = _PLAIN.fullmatch(one["name"].rstrip(";,)'\"`"))
        if plain is not None:
            found[verb, plain.group(1).lower()] += 1
        elif re.search(r"[{%$+<\"']", one["name"]):
            found[verb, ""] += 1
    return found


def _open(schema: Schema, name: str) -> None:
    table = schema.tables.setdefault(name.lower(), Table(name.lower()))
    table.is_open = True
