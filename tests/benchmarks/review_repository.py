"""A git repository of thousands of source files as people write, for the benchmark `review`."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

# In 5,000 files: mostly Python, then what stands beside it in a web application.
SHARES = {"py": 0.70, "js": 0.10, "html": 0.05, "md": 0.06, "sql": 0.03, "yaml": 0.04, "css": 0.02}
_NOUNS = (
    "account", "address", "balance", "basket", "branch", "budget", "carrier", "catalog",
    "channel", "claim", "client", "contract", "country", "credit", "customer", "delivery",
    "device", "discount", "document", "event", "export", "filter", "invoice", "item",
    "journal", "label", "ledger", "license", "limit", "listing", "location", "machine",
    "market", "member", "message", "offer", "order", "package", "parcel", "payment", "period",
    "permit", "plan", "price", "product", "profile", "project", "quote", "rate", "receipt",
    "record", "region", "report", "request", "review", "route", "rule", "season", "sector",
    "series", "shelf", "shipment", "signal", "stock", "store", "supplier", "survey", "target",
    "tariff", "team", "ticket", "track", "transfer", "unit", "vendor", "voucher", "warehouse",
    "worker", "zone",
)  # fmt: skip
_VERBS = ("add", "apply", "build", "check", "close", "count", "fetch", "find", "load", "merge",
          "parse", "read", "send", "sort", "split")  # fmt: skip


def make_repository(folder: Path, files: int, seed: int = 5) -> Path:
    """A new git repository with one commit and so many files, the same for the same seed."""
    drawn = random.Random(seed)
    for suffix, share in SHARES.items():
        for number in range(round(files * share)):
            path = folder / _place(drawn, suffix, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_WRITERS[suffix](drawn, number), encoding="utf-8")
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@garden.invalid")
    for step in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "all of it"]):
        subprocess.run(["git", "-C", str(folder), *step], check=True)
    return folder


def _place(drawn: random.Random, suffix: str, number: int) -> str:
    area = _NOUNS[number % 40]
    name = f"{drawn.choice(_NOUNS)}_{number}"
    return {
        "py": f"shop/{area}/{name}.py",
        "js": f"web/{area}/{name}.js",
        "html": f"web/pages/{area}/{name}.html",
        "css": f"web/styles/{name}.css",
        "md": f"docs/{area}/{name}.md",
        "sql": f"database/{area}/{name}.sql",
        "yaml": f"deploy/{area}/{name}.yaml",
    }[suffix]


def _python(drawn: random.Random, number: int) -> str:
    """About 140 lines: imports, a class, functions; every ninth has something to report."""
    noun, other = drawn.sample(_NOUNS, 2)
    imports = drawn.sample(["json", "logging", "re", "datetime", "collections", "math", "csv"], 3)
    lines = [f'"""What a {noun} needs to know of its {other}."""', ""]
    lines += ["from __future__ import annotations", ""]
    lines += [f"import {name}" for name in sorted(imports)]
    lines += ["from dataclasses import dataclass, field", ""]
    lines += [f"_LIMIT_{number} = {drawn.randrange(900)}", "", ""]
    lines += _class(drawn, noun.capitalize(), other, number)
    for index in range(drawn.randrange(4, 9)):
        lines += _function(drawn, imports[index % 3], noun)
    if number % 9 == 0:
        lines += [
            "",
            f"def _old_{noun}_{number}(value):",
            "    return value",
            "    print(value)",
            "",
        ]
    return "\n".join(lines) + "\n"


def _class(drawn: random.Random, name: str, other: str, number: int) -> list[str]:
    lines = ["@dataclass", f"class {name}{number}:"]
    lines += [f'    """A {name.lower()} with its {other}."""', ""]
    fields = drawn.sample(_NOUNS, 5)
    lines += [f"    {one}: int = {drawn.randrange(99)}" for one in fields]
    lines += ["    notes: list[str] = field(default_factory=list)", ""]
    for verb in drawn.sample(_VERBS, 4):
        one, two = drawn.sample(fields, 2)
        lines += [
            f"    def {verb}_{one}(self, value: int) -> int:",
            f'        """{verb.capitalize()} the {one}, at the most the {two}."""',
            f"        if value > self.{two}:",
            f'            self.notes.append(f"{{value}} is more than {{self.{two}}}")',
            f"            return self.{two}",
            f"        self.{one} = value",
            f"        return self.{one} * {drawn.randrange(2, 9)}",
            "",
        ]
    return lines


_USES = {
    "json": "json.dumps(result, sort_keys=True)",
    "logging": 'logging.getLogger(__name__).info("%s of %d", result, len(rows))',
    "re": 're.sub(r"\\s+", " ", str(result))',
    "datetime": "datetime.date.today() - datetime.timedelta(days=len(rows))",
    "collections": "collections.Counter(str(row) for row in rows)",
    "math": "math.sqrt(abs(len(rows)))",
    "csv": "csv.reader(str(row) for row in rows)",
}


def _function(drawn: random.Random, imported: str, noun: str) -> list[str]:
    verb, other = drawn.choice(_VERBS), drawn.choice(_NOUNS)
    name = f"{verb}_{other}_{drawn.randrange(10_000)}"
    lines = ["", f"def {name}(rows: list[dict[str, int]], limit: int = {drawn.randrange(50)}):"]
    lines += [f'    """{verb.capitalize()} every {other} of a {noun}, up to the limit."""']
    lines += ["    result: dict[str, int] = {}", "    for row in rows:"]
    for _ in range(drawn.randrange(1, 5)):
        key = drawn.choice(_NOUNS)
        lines += [
            f'        if row.get("{key}", 0) > limit and "{key}" not in result:',
            f'            result["{key}"] = row["{key}"] - limit',
        ]
    lines += [f"    extra = {_USES[imported]}"]
    return [*lines, "    return result, extra", ""]


def _script(drawn: random.Random, number: int) -> str:
    noun = drawn.choice(_NOUNS)
    parts = [f"// Shows each {noun} of the page."]
    for index in range(drawn.randrange(4, 9)):
        verb, other = drawn.choice(_VERBS), drawn.choice(_NOUNS)
        parts.append(
            f"export function {verb}{other.capitalize()}{number}x{index}(items, limit) {{\n"
            f"  const found = [];\n  for (const item of items) {{\n"
            f'    if (item.{other} > limit && item.kind !== "{noun}") {{\n'
            f"      found.push(`${{item.name}}: ${{item.{other}}}`);\n    }}\n  }}\n"
            f'  return found.length ? found.join(", ") : null;\n}}\n'
        )
    return "\n".join(parts)


def _page(drawn: random.Random, number: int) -> str:
    rows = "\n".join(
        f'      <tr><th scope="row">{one}</th><td>{drawn.randrange(900)}</td></tr>'
        for one in drawn.sample(_NOUNS, 25)
    )
    title = drawn.choice(_NOUNS)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n  <meta charset="utf-8">\n'
        f'  <meta name="viewport" content="width=device-width">\n'
        f"  <title>{title} {number}</title>\n"
        f"</head>\n<body>\n  <main>\n    <h1>{title}</h1>\n    <form>\n"
        f'      <label for="q">Search</label> <input id="q" name="q" type="search">\n'
        f"      <button>Go</button>\n    </form>\n    <table>\n{rows}\n    </table>\n  </main>\n"
        f"</body>\n</html>\n"
    )


def _document(drawn: random.Random, number: int) -> str:
    parts = [f"# About the {drawn.choice(_NOUNS)}\n"]
    for noun in drawn.sample(_NOUNS, 6):
        sentence = " ".join(drawn.choice(_NOUNS) for _ in range(40))
        parts.append(
            f"## The {noun}\n\nEvery {noun} has `{drawn.choice(_VERBS)}_{noun}`. {sentence}.\n"
            f"See [above](#the-{noun}) and [the readme](missing-{number}.md) for more.\n\n"
            f"```python\n{drawn.choice(_VERBS)} = {drawn.randrange(99)}\n"
            f"print({noun!r}, {drawn.randrange(99)})\n```\n"
        )
    return "\n".join(parts)


def _sql(drawn: random.Random, number: int) -> str:
    noun, other = drawn.sample(_NOUNS, 2)
    columns = ",\n".join(f"    {one} INTEGER NOT NULL" for one in drawn.sample(_NOUNS, 8))
    return (
        f"CREATE TABLE {noun}_{number} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n"
        f"{columns}\n);\n\nCREATE INDEX {noun}_{number}_name ON {noun}_{number} (name);\n\n"
        f"SELECT id, name FROM {noun}_{number} WHERE name = '{other}' ORDER BY id;\n"
    )


def _yaml(drawn: random.Random, number: int) -> str:
    entries = "\n".join(
        f"  - name: {one}-{number}\n    replicas: {drawn.randrange(1, 9)}\n    ports: [80, 443]\n"
        f"    labels: {{area: {drawn.choice(_NOUNS)}, tier: backend}}"
        for one in drawn.sample(_NOUNS, 8)
    )
    return f"version: {number}\nservices:\n{entries}\n"


def _style(drawn: random.Random, number: int) -> str:
    return "\n".join(
        f".{one}-{number} {{\n  color: #{drawn.randrange(0x222222, 0x444444):06x};\n"
        f"  margin: {drawn.randrange(9)}px;\n  display: flex;\n}}\n"
        for one in drawn.sample(_NOUNS, 12)
    )


_WRITERS: dict[str, Callable[[random.Random, int], str]] = {
    "py": _python, "js": _script, "html": _page, "md": _document, "sql": _sql, "yaml": _yaml,
    "css": _style,
}  # fmt: skip
