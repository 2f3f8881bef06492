"""Names in documents that the code does not have any more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from genesis.contracts import Confidence, Finding, Severity, TaskResult, ToolContext

from genesis_engineering.documents.described import described_names
from genesis_engineering.documents.mentions import Mention, dotted_names, imports
from genesis_engineering.documents.packages import PythonFiles
from genesis_engineering.documents.python_index import Answer, PythonIndex, Verdict
from genesis_engineering.documents.reporting import report
from genesis_engineering.documents.sources import Document, DocumentReader
from genesis_engineering.documents.stale_paths import StalePaths
from genesis_engineering.files import RepositoryFile, list_files

_PAST = re.compile(
    r"\b(remov\w+|deprecat\w+|no longer|renam\w+|replac\w+|used to|former\w*|previous\w*|earlier"
    r"|instead of|rather than|before|prior to|versionchanged|version(added|removed)|was|were|old"
    r"|legacy|will (be|have|provide|offer|add|get)|planned|future|yet"
    r"|does(n't| not) exist|not available|imaginary|hypothetical)\b",
    re.IGNORECASE,
)
# A note of Sphinx that stands below the name that it is about.
_CHANGED = re.compile(
    r"^\s*\.\. (versionchanged|versionremoved|deprecated(-removed)?)::", re.MULTILINE
)
_ASSIGNED = re.compile(r"^\s*(?:>>> |\.\.\. |In \[\d+\]: )?(\w+)\s*=[^=]")
_METHOD = re.compile(r"^[ \t]+(?:async )?def (\w+)", re.MULTILINE)
_ANY_NAME = re.compile(r"(method|function|class|attribute|module|field)_name|(some|your|my)_\w+")
# Parts that stand for whatever the reader has: `shop.yourmodule`, `shop.foo.open`.
_PLACEHOLDER = re.compile(
    r"(your|my|some|example)_?(app|application|attribute|class|field|file|function|lib|library"
    r"|method|model|module|name|object|package|plugin|project|script|service|subpackage|test|thing"
    r"|type|view|widget)s?|(foo|bar|baz|example)s?|(?-i:My[A-Z]\w*)",
    re.IGNORECASE,
)
# What follows "for example" directly is given as one that there is.
_SUPPOSED = re.compile(
    r"\b(might be|(for example|for instance|e\. ?g)\b(?!\.?,?\s*[`:]))\b", re.IGNORECASE
)
_KEY = r"(propert(y|ies)|keys?|options?|parameters?|settings?|fields?|entr(y|ies))"
_DATA_FILE = re.compile(
    r"[\w/-]\.(ya?ml|json|toml|ini|cfg|conf)\b|\b(ya?ml|json|toml|ini|config(uration)?) files?\b",
    re.IGNORECASE,
)
# Endings that no module or function has for a name, unlike those below.
# What archives leave out, and what Python gives every class and module.
_GIVEN = frozenset({"test", "tests", "__name__", "__file__", "__path__", "__spec__", "__loader__",
                    "__package__", *dir(type("Any", (), {}))})  # fmt: skip
_FILLED_IN = frozenset(
    {"FILE", "CLASS", "METHOD", "NAME", "MODULE", "PACKAGE", "FUNCTION", "ATTRIBUTE", "PATH"}
)
_TEMPLATES = frozenset({"tpl", "j2", "jinja", "jinja2", "tmpl", "ejs", "hbs"})
_SUFFIXES = frozenset({"dot", "svg", "png", "html", "css", "txt", "md", "rst", "pdf", "csv", "log"})
_UNITS = frozenset({"service", "socket", "timer", "conf", "pid", "sock", "desktop"})
_QUOTING = frozenset({".py", ".pyi", ".toml", ".cfg", ".ini", ".json", ".yaml", ".yml"})


def check_stale_names(context: ToolContext) -> TaskResult:
    """Report names, imports and paths in documents that the repository does not have."""
    files = list_files(context.repository)
    reader = DocumentReader(context, files)
    names = _StaleNames(files)
    paths = StalePaths(context.repository, files)
    for document in reader:
        names.read_described(document)
        if not (document.is_history or document.is_credits or document.is_plan):
            names.check(document)
            paths.check(document)
    checked = names.checked + paths.checked
    findings = names.finish() + paths.finish()
    return report("names and paths", reader, findings, checked=checked)


class _StaleNames:
    def __init__(self, files: list[RepositoryFile]) -> None:
        self._files = files
        self._index = PythonIndex(PythonFiles(files))
        self._quoted: set[str] | None = None
        self._methods: set[str] | None = None
        self._scripts: list[str] | None = None
        self._described: set[str] = set()
        self._variables: set[str] = set()
        self._found: list[tuple[frozenset[str], str, Finding]] = []
        self.checked = 0

    def read_described(self, document: Document) -> None:
        """Remember what the document defines by directives: other documents lead there."""
        if not document.is_markdown:
            self._described |= described_names(document.parsed.lines)

    def check(self, document: Document) -> None:
        """Judge every name that a document imports or names."""
        assigned = (_ASSIGNED.match(line) for line in document.parsed.lines)
        self._variables |= {match[1] for match in assigned if match}
        for mention in imports(document.parsed):
            self._judge(document, mention, "stale-import")
        for mention in dotted_names(document.parsed):
            self._judge(document, mention, "stale-name")

    def finish(self) -> list[Finding]:
        """The findings, without those about names that some document defines, and about parts of
        what some document makes a variable of: `shop = Shop()`, then `shop.open`."""
        return [
            one
            for names, variable, one in self._found
            if self._described.isdisjoint(names) and variable not in self._variables
        ]

    def _judge(self, document: Document, mention: Mention, rule: str) -> None:
        answer = self._index.look_up(mention.name)
        self.checked += answer.verdict is not Verdict.UNKNOWN
        if answer.verdict is not Verdict.ABSENT:
            return
        # `from shop import shop`: the module goes by the name of its package.
        inner = self._index.look_up(f"{mention.name.partition('.')[0]}.{mention.name}")
        if rule == "stale-name" and inner.verdict is Verdict.PRESENT:
            return
        if document.parsed.is_about_the_past(mention.line):
            return
        if any(_PLACEHOLDER.fullmatch(part) for part in mention.name.split(".")):
            return
        if _PAST.search(document.parsed.around(mention.line)):
            return
        if _CHANGED.search(document.parsed.around(mention.line, before=0, after=4)):
            return
        if rule == "stale-name" and (
            answer.part in _GIVEN
            or self._is_quoted(mention.name)
            or _is_in_capitals(mention.name)
            or _is_no_name(answer.part, mention.source)
            or self._is_method(answer)
            or self._is_script(mention.name)
            or _is_key(document, mention, answer)
            or _SUPPOSED.search(document.parsed.around(mention.line, before=0, after=0))
            or _is_permission(document, mention)
        ):
            return
        is_name = rule == "stale-name"
        names = frozenset({mention.name, f"{answer.owner}.{answer.part}"} if is_name else ())
        variable = answer.owner if is_name and "." not in answer.owner else ""
        finding = self._finding(document, mention, answer, rule)
        if is_name and _is_text(document, mention.name):
            finding = finding.model_copy(update={"severity": Severity.LOW})
        self._found.append((names, variable, finding))

    def _finding(self, document: Document, mention: Mention, answer: Answer, rule: str) -> Finding:
        name = mention.name[:500]
        says = "imports" if rule == "stale-import" else "names"
        file = self._index.files.module_file(answer.owner)
        where = file.path if file else answer.owner
        return Finding(
            rule=rule,
            severity=Severity.MEDIUM,
            message=f"The document {says} {name}; {answer.owner} has no {answer.part}."[:2000],
            file=document.path,
            line=mention.line,
            evidence=mention.source[:500],
            check=f"python -c 'from {answer.owner} import {answer.part}'"
            if answer.is_module
            else f"search {where} and what it builds on for {answer.part}",
            confidence=Confidence.CERTAIN if answer.is_module else Confidence.LIKELY,
        )

    def _is_quoted(self, name: str) -> bool:
        """Whether the code has the name as a string: a logger, a group of entry points, a key.

        So it is with what several keys begin with, as in "all `shop.debug_` settings".
        """
        if self._quoted is None:
            self._quoted = set(_quoted_names(self._files, self._index.files.roots))
        start = name.rstrip("_") + "_"
        return name in self._quoted or any(
            one.startswith(start) and self._index.look_up(one).verdict is Verdict.ABSENT
            for one in self._quoted
        )

    def _is_script(self, name: str) -> bool:
        """Whether a script has something of that name: `shop.open`, say, in shop.js."""
        if self._scripts is None:
            files = (file for file in self._files if file.suffix == ".js" and not file.is_test)
            self._scripts = [text for file in files if (text := file.read_text())]
        parts = [re.compile(rf"\b{re.escape(part)}\b") for part in name.split(".")]
        return any(all(part.search(text) for part in parts) for text in self._scripts)

    def _is_method(self, answer: Answer) -> bool:
        """Whether a part that a package lacks is a method somewhere: then the package's name may
        stand for an object, or for what a server calls it (`supervisor.stopProcess` of an RPC)."""
        if "." in answer.owner:
            return False
        if self._methods is None:
            texts = (file.read_text() or "" for file in self._files if file.suffix == ".py")
            self._methods = {name for text in texts for name in _METHOD.findall(text)}
        return answer.part in self._methods


def _is_in_capitals(name: str) -> bool:
    """Whether two parts stand for what the reader fills in: `shop.test.FILE.CLASS`."""
    return sum(part in _FILLED_IN for part in name.split(".")) > 1


def _is_text(document: Document, name: str) -> bool:
    """Whether the document has the name in quotes: it is a text there, such as a kind of warning
    (`suppress_warnings = ["shop.lost"]`)."""
    quoted = re.compile(rf"[\"']{re.escape(name)}[\"']")
    return any(quoted.search(line) for line in document.parsed.lines)


def _is_no_name(part: str, line: str) -> bool:
    """Whether a part stands for any name, or is how the name of a file ends."""
    if part in _UNITS or part in _TEMPLATES:
        return True
    return _ANY_NAME.fullmatch(part) is not None or (
        part in _SUFFIXES and re.search(r"\bfiles?\b", line) is not None
    )


def _is_permission(document: Document, mention: Mention) -> bool:
    """Whether it is written like a permission of Django (`shop.delete_cart`) where one is meant."""
    around = document.parsed.around(mention.line, before=4, after=2)
    return (
        bool(re.fullmatch(r"\w+\.[a-z]+(_[a-z]+)+", mention.name))
        and "permission" in around.lower()
    )


def _is_key(document: Document, mention: Mention, answer: Answer) -> bool:
    """Whether the sentence calls the name a key of a data file: "the key `plugins.version`"."""
    if "." in answer.owner:
        return False
    source = rf"[`\"*]*{re.escape(mention.source.strip('`'))}[`\"*]*"
    line = document.parsed.around(mention.line, before=0, after=0)
    called = re.search(rf"\b{_KEY}\s+{source}|{source}\s+{_KEY}\b", line, re.IGNORECASE)
    return called is not None and bool(_DATA_FILE.search(document.parsed.around(mention.line)))


def _quoted_names(files: list[RepositoryFile], packages: dict[str, str]) -> Iterator[str]:
    if not packages:
        return
    tops = "|".join(re.escape(name) for name in sorted(packages))
    pattern = re.compile(rf"(?<![\w.])((?:{tops})(?:\.\w+)+)(?=[\"'\]:= ])")
    strings = re.compile(rf"[\"'\[]((?:{tops})(?:\.\w+)+)[\"'\]:]")
    for file in files:
        if file.suffix in _QUOTING:
            text = file.read_text() or ""
            yield from (strings if file.suffix.startswith(".py") else pattern).findall(text)
