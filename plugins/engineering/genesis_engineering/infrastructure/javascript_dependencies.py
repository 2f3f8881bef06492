"""npm packages that are imported and not declared, declared and not used, or locked otherwise."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from genesis.contracts import Confidence, Finding, Severity

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.declarations import Declaration
from genesis_engineering.infrastructure.javascript_bringers import find_bringer
from genesis_engineering.infrastructure.javascript_entries import (
    installs_itself,
    is_on_demand,
    loaded_in_try,
)
from genesis_engineering.infrastructure.javascript_imports import (
    ScriptImport,
    quick_packages,
    read_script_imports,
)
from genesis_engineering.infrastructure.javascript_projects import NodeProject, NodeProjects
from genesis_engineering.infrastructure.mentions import Mentions
from genesis_engineering.infrastructure.npm_versions import meets
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.python_locks import MAX_LOCK_BYTES, drift
from genesis_engineering.infrastructure.tree import Tree
from genesis_engineering.reporting import is_secondary

_TOOLING_FILE = re.compile(
    r"(^|/)(\.[\w.-]+|[\w.-]*(config|conf|setup|rc)(\.[\w-]+)*|gulpfile|gruntfile|rollup[\w.-]*|webpack[\w.-]*|"
    r"[\w.-]*\.(stories|bench|spec|test|e2e|d))\.[cm]?[jt]sx?$"
    r"|(^|/)(scripts?|tools?|build|config|configs|e2e|cypress|playwright|storybook|\.storybook|"
    r"\.github|perf|stories|website|site|playground|sandbox|types|typings|mocks?|support|tasks|"
    r"hack|internal|packages-private|dev|deploy|assets|public|static|www)/",
    re.IGNORECASE,
)
# Files that give module names of their own making.
_ALIASES = re.compile(
    r"(^|/)(tsconfig|jsconfig)[\w.-]*\.json$|(^|/)(vite|webpack|rollup|babel|jest|next|nuxt|vue|metro|astro|svelte|"
    r"remix|esbuild|craco|snowpack|\.babelrc|deno|import_map|importmap)[\w.-]*\.(json|[cm]?[jt]s)$|(^|/)\.babelrc$"
)
_NEVER_IMPORTED = re.compile(
    r"^(@types/.*|typescript|tslib|core-js|regenerator-runtime|@babel/.*|react-dom|react|vue|sharp|pg|mysql2?|"
    r"sqlite3|better-sqlite3|mongodb|redis|ioredis|sass|node-sass|less|postcss|autoprefixer|tailwindcss|"
    r"bufferutil|utf-8-validate|pino-pretty|nodemon|pm2|ts-node|tsx|cross-env|dotenv|"
    r".*(eslint|prettier|webpack|rollup|vite|jest|babel|loader|plugin|preset|cli|config|polyfill|types|theme).*|"
    r"@(nestjs|angular|nuxt|nuxtjs|fontsource|storybook|next|vitejs)/.*|.*-(bin|scripts))$"
)
# They resolve names as their settings say, wherever these are written.
_BUNDLERS = re.compile(
    r"\b(webpack|browserify|rollup|parcel|vite|esbuild|snowpack|babel-plugin-module-resolver)\b"
)
_LOOK_AT_MOST = 50
# Written by a program; its packages are inside it.
_LONG_LINE = re.compile(r"[^\n]{2000}")
_BASE_URL = re.compile(r"\"baseUrl\"\s*:\s*\"([^\"]*)\"")
_VIRTUAL = re.compile(r"^(@?ember|@glimmer|@theme|@site|@docusaurus|@generated|meteor|virtual)\b")
_KNOWN_ALIASES = frozenset({"react", "vue", "svelte", "vscode", "electron", "aws-sdk", "k6", "bun"})
_MODULE_FOLDERS = re.compile(r"\b(modules|modulePaths|moduleDirectories|roots)[\"']?\s*:\s*\[")
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")


class NodeImports:
    """Judges what the npm packages of a repository import."""

    def __init__(self, tree: Tree, projects: NodeProjects) -> None:
        self._tree = tree
        self._projects = projects
        paths = [path for path in tree.by_path if _ALIASES.search(path)]
        texts = {path: tree.read(path, 200_000) or "" for path in paths}
        self._aliases = "\n".join(texts.values())
        self._bases = {
            posixpath.join(posixpath.dirname(path), base)
            for path, text in texts.items()
            for base in _BASE_URL.findall(text)
        }
        self._local = {one.name for one in projects.projects if one.name}
        self._has_folders = _MODULE_FOLDERS.search(self._aliases) is not None
        self._stems = {PurePosixPath(path).stem for path in tree.by_path if _SCRIPT.search(path)}
        self._tried: dict[str, frozenset[str]] = {}

    def missing(self, project: NodeProject, quick: dict[str, set[str]]) -> Iterator[Finding]:
        """Packages that runtime files import, declared neither here nor in a folder around it.

        `quick` is what each script seems to import, by path.
        """
        declared = {one.name for one in project.declared}
        for other in self._projects.above(project):
            declared |= {one.name for one in other.declared}
        uses: dict[str, list[RepositoryFile]] = {}
        for file in project.scripts if declared else ():
            if _is_runtime_script(project, file):
                for package in quick.get(file.path, set()) - declared:
                    if not self._is_given(package, declared, file):
                        uses.setdefault(package, []).append(file)
        for package, files in sorted(uses.items()):
            self._tree.check_time()
            first = _first_plain(package, files)
            if first:
                excuse = self._excuse(project, package, files)
                yield _missing(project, package, *first, files, excuse)

    def _excuse(self, project: NodeProject, package: str, files: list[RepositoryFile]) -> str:
        """Why few or none feel the lack, as a sentence; "" when nothing says so."""
        if project.path not in self._tried:
            self._tried[project.path] = loaded_in_try(project)
        if self._tried[project.path].issuperset(file.path for file in files):
            return "What imports it is loaded in a try only, so the rest does without it."
        if installs_itself(project, package):
            return "The code names a version of it to install, so it may get it by itself."
        if bringer := find_bringer(self._tree, project, package):
            return f"It is installed only because {bringer} brings it, which may end any day."
        if _is_bundled(project):
            return "A bundler builds the package, which may know that name by its settings."
        if is_on_demand(project, files):
            return "Nothing in the package loads that, so only those who ask for it are concerned."
        return ""

    def _is_given(self, package: str, declared: set[str], file: RepositoryFile) -> bool:
        if package in declared | self._local | _KNOWN_ALIASES or _types_of(package) in declared:
            return True
        # npm takes no capitals any more, and a bundler may be told of folders with such scripts.
        if package != package.lower() or (package in self._stems and self._has_folders):
            return True
        scope, slash, _ = package.partition("/")
        if any(quote + (scope + slash) in self._aliases for quote in "\"'"):
            return True
        if _VIRTUAL.match(package) or re.search(rf"\b{re.escape(package)}\s*:", self._aliases):
            return True
        above = {str(folder) for folder in PurePosixPath(file.path).parents}
        beside = {*above, "src", "app", *self._bases}
        return any(
            self._tree.exists(posixpath.join(place, scope) + ending)
            for place in beside
            for ending in ("", ".js", ".ts")
        )


def _types_of(package: str) -> str:
    return "@types/" + package.removeprefix("@").replace("/", "__")


def quick_imports_of(tree: Tree, project: NodeProject) -> dict[str, set[str]]:
    """The packages that a project's scripts seem to import, by path."""
    found = {}
    for file in project.scripts:
        tree.check_time()
        text = file.read_text()
        if text and not _LONG_LINE.search(text):
            found[file.path] = quick_packages(text)
    return found


def _is_bundled(project: NodeProject) -> bool:
    """Whether the manifest names a bundler among its packages or in a command."""
    scripts = project.data.get("scripts")
    told = [one.name for one in project.declared]
    told += map(str, scripts.values()) if isinstance(scripts, dict) else []
    return "browserify" in project.data or any(_BUNDLERS.search(one) for one in told)


def _first_plain(
    package: str, files: list[RepositoryFile]
) -> tuple[RepositoryFile, ScriptImport] | None:
    """The first plain import; None without one, or when some file can do without the package."""
    first: tuple[RepositoryFile, ScriptImport] | None = None
    for file in files[:_LOOK_AT_MOST]:
        for one in read_script_imports(file.read_text() or "", file.suffix):
            if one.package != package:
                continue
            if not one.is_plain:
                return None
            if not one.is_type and first is None:
                first = (file, one)
    return first


def _is_runtime_script(project: NodeProject, file: RepositoryFile) -> bool:
    path = file.path.removeprefix(project.folder).lstrip("/")
    return not (file.is_test or is_secondary(file.path) or _TOOLING_FILE.search(path))


def _missing(
    project: NodeProject,
    package: str,
    file: RepositoryFile,
    one: ScriptImport,
    files: list[RepositoryFile],
    excuse: str,
) -> Finding:
    more = f" {len(files)} files import it." if len(files) > 1 else ""
    more += f" {excuse}" if excuse else ""
    lines = (file.read_text() or "").split("\n")
    return make_finding(
        "missing-dependency",
        Severity.LOW if excuse else Severity.MEDIUM,
        f"The package {package} is imported, and nothing in {project.path} declares it: where no "
        f"other package brings it along, the import fails. Declare it.{more}",
        file.path,
        one.line,
        lines[one.line - 1] if one.line <= len(lines) else "",
        f"npm ls {package}",
        Confidence.LIKELY,
    )


def find_unused_packages(
    project: NodeProject, imported: set[str], mentions: Mentions
) -> Iterator[Finding]:
    """Packages of `dependencies` that nothing imports or names, their own manifest's rest included.

    Scripts, settings and the like in package.json count as naming.
    """
    if not project.scripts:
        return
    rest = {key: value for key, value in project.data.items() if "ependencies" not in key}
    settings = json.dumps(rest)
    left = {
        one.name: one
        for one in project.declared
        if one.is_runtime and one.name not in imported and not _NEVER_IMPORTED.match(one.name)
        and not one.is_direct and one.name not in settings
    }  # fmt: skip
    words = {name: {name} for name in left}
    for name in sorted(mentions.unmentioned(words, {project.path}) if words else ()):
        one = left[name]
        yield make_finding(
            "unused-dependency",
            Severity.LOW,
            f"{name} is declared, and no file imports it or names it: every install pays for it.",
            one.file,
            one.line,
            f'"{name}": "{one.specifier}"',
            f"grep -rn '{name}' --include='*.js' --include='*.ts' .",
            Confidence.LIKELY,
        )


def find_npm_drift(tree: Tree, project: NodeProject) -> Iterator[Finding]:
    """What package-lock.json lacks, or holds in a version outside the declared range."""
    path = posixpath.join(project.folder, "package-lock.json")
    text = tree.read(path, MAX_LOCK_BYTES)
    if text is None:
        return
    try:
        locked = json.loads(text)
    except (ValueError, RecursionError):
        return
    versions = _locked_versions(locked)
    if versions is None:
        return
    for one in project.declared:
        if one.is_conditional or one.group == "extra:peer" or one.is_direct:
            continue
        held = versions.get(one.name)
        if held is None:
            yield drift(one, path, f"{path} does not have it")
        elif not _fits(held, one):
            yield drift(one, path, f"{path} holds {held}")


def _locked_versions(locked: object) -> dict[str, str] | None:
    """Name to version of what lies at the top of node_modules; None for an unknown format."""
    if not isinstance(locked, dict):
        return None
    packages = locked.get("packages")
    prefix = "node_modules/"
    if not isinstance(packages, dict):
        packages, prefix = locked.get("dependencies"), ""
    if not isinstance(packages, Mapping):
        return None
    return {
        path.removeprefix(prefix): str(value.get("version", ""))
        for path, value in packages.items()
        if path.startswith(prefix) and isinstance(value, dict)
    }


def _fits(version: str, one: Declaration) -> bool:
    """True also for what is no range of versions: a tag, a workspace, an alias."""
    is_range = re.fullmatch(r"[\w\s.*^~<>=|+-]*\d[\w\s.*^~<>=|+-]*", one.specifier)
    if not is_range or not re.fullmatch(r"\d+\.\d+\.\d+(-[\w.-]+)?", version):
        return True
    return meets(version, one.specifier) is not False
