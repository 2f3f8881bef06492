"""Which distribution gives which modules, and which others it brings along."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from genesis_engineering.infrastructure.python_tables import BRINGS, MODULES

_NAMESPACES = frozenset(
    {"google", "azure", "zope", "sphinxcontrib", "backports", "ruamel", "jaraco", "opentelemetry",
     "airflow", "plone", "collective", "odoo", "aws_cdk", "dagster", "langchain", "llama_index",
     "qiskit", "paste", "repoze", "mpl_toolkits", "nvidia", "prefect", "oslo",
     "homeassistant", "trac", "allennlp", "beets", "flaskext", "ibm", "pants", "saml2"}
)  # fmt: skip
_TOOLING = re.compile(
    r"^(types|pytest|flake8|pylint|mypy|sphinx|mkdocs|tox|nox)-|-(stubs|plugin|types)$"
)


@cache
def _installed() -> dict[str, frozenset[str]]:
    """Distribution to modules, of the environment that runs this."""
    found: dict[str, set[str]] = {}
    for module, names in metadata.packages_distributions().items():
        for name in names:
            found.setdefault(canonicalize_name(name), set()).add(module)
    return {name: frozenset(modules) for name, modules in found.items()}


def known_modules(distribution: str) -> frozenset[str] | None:
    """The top-level modules of a distribution (its canonical name); None when nobody here knows."""
    return MODULES.get(distribution) or _installed().get(distribution)


@cache
def distributions_of(top: str) -> frozenset[str]:
    """The distributions that are known to give a module; empty when none is."""
    known = {name for name, modules in MODULES.items() if top in modules}
    if not known:
        known = {name for name, modules in _installed().items() if top in modules}
    return frozenset(known)


def gives(distribution: str, module: str) -> bool:
    """Whether a distribution gives a module (dotted), for all that its name or a table tells."""
    top = module.partition(".")[0]
    if top in (known_modules(distribution) or ()):
        return True
    if top in _NAMESPACES and distribution.startswith(canonicalize_name(top)):
        return True
    if canonicalize_name(top) == distribution:
        return True
    if distribution in MODULES or _TOOLING.search(distribution):
        return False
    return _resembles(distribution, top)


def _resembles(distribution: str, top: str) -> bool:
    """`python-foo`, `foo-py`, `foo-client` for `foo`: the same letters, or one within the other."""
    one, other = distribution.replace("-", ""), top.replace("_", "").lower()
    if min(len(one), len(other)) < 3:
        return one.removeprefix("py").removeprefix("thon") == other
    return one in other or other in one


def brought_by(distribution: str, declared: frozenset[str]) -> str:
    """The declared distribution that brings another one along; "" when none is known to."""
    for name in sorted(declared):
        if distribution in _closure(name):
            return name
    return ""


@cache
def _closure(name: str) -> frozenset[str]:
    """All that a distribution needs without its extras, by the table and by what is installed."""
    found: set[str] = set()
    pending = [name]
    while pending:
        one = pending.pop()
        for needed in BRINGS.get(one, frozenset()) | _required(one):
            if needed not in found:
                found.add(needed)
                pending.append(needed)
    return frozenset(found)


def _required(name: str) -> frozenset[str]:
    try:
        texts = metadata.distribution(name).requires or []
    except (metadata.PackageNotFoundError, ValueError):
        return frozenset()
    found = set()
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found.add(canonicalize_name(requirement.name))
    return frozenset(found)
