"""Which SQL a text is written in, and its statements as syntax trees of sqlglot."""

from __future__ import annotations

import logging
import re
from collections import Counter

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from genesis_engineering.databases.statements import Statement

# It warns of each statement that it keeps as plain text; we see that in the tree.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

MOST_CHARACTERS = 20_000
OTHERS = ("postgres", "mysql", "sqlite", "tsql", "oracle", "snowflake", "bigquery", "duckdb")
_PATHS = {
    "postgres": r"postgres|(?<![a-z])pg(?:sql)?(?![a-z])|psql|supabase|cockroach|timescale",
    "mysql": r"mysql|maria",
    "sqlite": r"sqlite|libsql|d1(?![a-z0-9])",
    "tsql": r"mssql|sqlserver|sql_server|tsql",
    "oracle": r"oracle",
    "snowflake": r"snowflake",
    "bigquery": r"bigquery",
    "clickhouse": r"clickhouse",
    "hive": r"(?<![a-z])(?:hive|spark)(?![a-z])",
}
_TEXTS = {
    "postgres": r"\b(?:big|small)?serial\b|\bjsonb\b|\btimestamptz\b|::\w|\$\w*\$|\bplpgsql\b"
    r"|\bcreate\s+extension\b|\busing\s+(?:gin|gist|btree|brin|hash)\b|\bbytea\b"
    r"|\bwith(?:out)?\s+time\s+zone\b|\bgen_random_uuid\b|\bcreate\s+type\b|\bowner\s+to\b"
    r"|\balter\s+column\s+\S+\s+(?:set|drop|type)\b|\bconcurrently\b|\bgenerated\s+\w+\s+as\s+identity",
    "mysql": r"`|\bengine\s*=|\bauto_increment\b|\bunsigned\b|\bmodify\s+column\b|\blongtext\b",
    "sqlite": r"\bautoincrement\b|\bpragma\b|\bwithout\s+rowid\b|\bvirtual\s+table\b|\bfts5\b",
    "tsql": r"\[dbo\]|\bidentity\s*\(|\bnvarchar\b|\f|\bgetdate\s*\(",
    "oracle": r"\bvarchar2\b|\bnumber\s*\(",
}
_LOOKS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _TEXTS.items()}
_NAMED = {name: re.compile(pattern) for name, pattern in _PATHS.items()}
_COMMENT = re.compile(r"--|/\*(?!!)")
_TABLE_OPTIONS = re.compile(
    r"(?<=\))\s*(?:WITHOUT\s+ROWID|STRICT)(?:\s*,\s*(?:WITHOUT\s+ROWID|STRICT))*\s*$",
    re.IGNORECASE,
)


def guess_dialect(path: str, text: str) -> str:
    """The dialect's name as sqlglot has it, or "" where path and text do not tell."""
    lowered = path.lower()
    text = _without_comments(text)
    for name, pattern in _NAMED.items():
        if pattern.search(lowered):
            return name
    seen = Counter({name: bool(look.search(text)) for name, look in _LOOKS.items()})
    told = [name for name, is_seen in seen.items() if is_seen]
    return told[0] if len(told) == 1 else ""


def _without_comments(text: str) -> str:
    """The text without what is said in words: Prisma quotes names there as MySQL does.

    What MySQL alone reads (`/*! */`) stays. Marks within values may take some of the text along.
    """
    kept, position = [], 0
    for start in _COMMENT.finditer(text):
        if start.start() < position:
            continue
        kept.append(text[position : start.start()])
        end = text.find("\n" if start[0] == "--" else "*/", start.end())
        position = len(text) if end < 0 else end
    return " ".join([*kept, text[position:]])


def parse(statement: Statement, dialect: str = "") -> exp.Expr | None:
    """The tree of a statement, or None where no dialect reads it wholly, or it is too long.

    Without a dialect, the three of open source are tried.
    """
    if len(statement.text) > MOST_CHARACTERS or statement.is_template:
        return None
    text = _TABLE_OPTIONS.sub("", statement.text)
    for name in dict.fromkeys(filter(None, (dialect, *OTHERS[:3]))):
        tree = _parse(text, name)
        if tree is not None:
            return tree
    return None


def is_sql_anywhere(statement: Statement) -> bool:
    """Whether any dialect reads a statement, be it only as one that it keeps as text."""
    text = _TABLE_OPTIONS.sub("", statement.text)
    return any(_reads(text, name) for name in (*OTHERS, "clickhouse", "hive", "redshift", ""))


def _parse(text: str, dialect: str) -> exp.Expr | None:
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError):
        return None  # its own errors, and slips of its parsers on odd text
    return None if isinstance(tree, exp.Command) else tree


def _reads(text: str, dialect: str) -> bool:
    try:
        sqlglot.parse_one(text, dialect=dialect)
    except SqlglotError:
        return False
    except (RecursionError, ValueError, AttributeError, TypeError, KeyError):
        return True  # nothing is certain about a text on which the parser itself fails
    return True
