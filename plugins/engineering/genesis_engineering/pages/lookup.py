"""Whether a file that a page refers to is there, or may be by the time that a browser asks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.documents.targets import Repository
from genesis_engineering.files import MAX_BYTES, RepositoryFile
from genesis_engineering.git import run_git

_BUILD_NAMES = re.compile(
    r"^(package\.json|.*\.config\.[cm]?[jt]s|gulpfile.*|gruntfile.*|makefile|.*\.mk|cmakelists\.txt|"
    r"setup\.py|pyproject\.toml|manifest\.in|tasks\.py|noxfile\.py|angular\.json|brunch-config.*|"
    r".*\.sh|dockerfile.*|.*\.ya?ml|build\.(js|mjs|py|rs|gradle)|rakefile|bower\.json|\.gitignore|"
    r"vite.*|webpack.*|rollup.*|esbuild.*|conf\.py|hatch_build\.py)$",
    re.IGNORECASE,
)
_BUNDLERS = re.compile(
    r"webpack|rollup|vite|parcel|esbuild|gulp|grunt|browserify|@angular|snowpack|turbopack|laravel-mix"
)
_SERVED = ("public", "static", "assets", "www", "site", "web", "app", "src", "dist", "_site")
_MOST_BUILD_FILES = 300


class Lookup:
    """Answers for one repository, with its paths listed once. Raises OSError without git."""

    def __init__(self, root: Path, files: Sequence[RepositoryFile]) -> None:
        self._repository = Repository(root)
        self._root = root
        self._files = files
        self._paths = _list_paths(root)
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        self._folders: set[str] = {""}
        for path in self._paths:
            self._by_name[path.rpartition("/")[2].casefold()].append(path)
            self._folders.update(str(parent) for parent in PurePosixPath(path).parents)
        self._static = [path for path in self._folders if path.rpartition("/")[2] == "static"]
        self._names: dict[str, list[str]] = {}
        self._build_text: str | None = None

    def resolve(self, folder: PurePosixPath, target: str) -> str | None:
        """The path that a target means; None when it leads out of the repository."""
        return self._repository.resolve(folder, target)

    def exists(self, path: str) -> bool:
        """Whether there is a file or a folder of exactly that name."""
        return self._repository.exists(path)

    def other_case(self, path: str) -> str | None:
        """How the path is really spelled, when only upper and lower case differ."""
        found = self._repository.other_case(path)
        return found if found != path else None

    def has_folder(self, path: str) -> bool:
        """Whether tracked files lie below that folder."""
        return path in self._folders or path in ("", ".")

    def siblings(self, path: str) -> list[str]:
        """The names in the folder of a path."""
        folder = path.rpartition("/")[0]
        if folder not in self._names:
            try:
                self._names[folder] = sorted(one.name for one in (self._root / folder).iterdir())
            except OSError:
                self._names[folder] = []
        return self._names[folder]

    def served_as(self, target: str) -> bool:
        """Whether some file ends in that path, so that a server may give it under another root."""
        target = target.strip("/")
        name = target.rpartition("/")[2].casefold()
        return any(path == target or path.endswith(f"/{target}") for path in self._by_name[name])

    def elsewhere(self, path: str) -> str | None:
        """The one file of the same name in another folder."""
        found = self._by_name[path.rpartition("/")[2].casefold()]
        return found[0] if len(found) == 1 else None

    def size(self, path: str) -> int:
        """Bytes of a file; 0 when there is none."""
        try:
            return (self._root / path).stat().st_size
        except OSError:
            return 0

    def root_of(self, page: PurePosixPath, target: str) -> str | None:
        """The folder that a path like `/img/a.png` means, seen from a page.

        It is the one served folder (the page's own, one above, or `public`, `static` ... in one
        of them) that holds the target's folder; None when none does, or several do.
        """
        folder = target.strip("/").rpartition("/")[0]
        bases = [page.parent, *page.parent.parents]
        roots = {str(base) for base in bases} | {str(b / name) for b in bases for name in _SERVED}
        known = (
            {root for root in roots if self.has_folder(_join(root, folder))} if folder else set()
        )
        return min(known) if len(known) == 1 else None

    def static_roots(self, folder: str) -> list[str]:
        """The folders named `static` that hold `folder`, with files in it, at most twenty."""
        return sorted(root for root in self._static if self.has_folder(_join(root, folder)))[:20]

    def in_theme(self, path: str) -> bool:
        """Whether a path lies in a theme of Sphinx or MkDocs, which adds files of its own."""
        return any(
            self.exists(str(folder / name))
            for folder in PurePosixPath(path).parents
            for name in ("theme.conf", "theme.toml", "mkdocs_theme.yml")
        )

    def is_built(self, path: str) -> bool:
        """Whether a build speaks of a file of that name."""
        return path.rpartition("/")[2] in self._builds()

    def ignored(self, paths: Sequence[str]) -> set[str]:
        """Those of the paths that git ignores: something makes them."""
        return ignored_paths(self._root, list(paths))

    def is_bundled(self) -> bool:
        """Whether a bundler is set up, which makes scripts and style sheets."""
        return bool(_BUNDLERS.search(self._builds()))

    def _builds(self) -> str:
        """The texts of the files that builds are written in."""
        if self._build_text is None:
            wanted = [
                file
                for file in self._files
                if file.size < MAX_BYTES / 5 and _BUILD_NAMES.match(PurePosixPath(file.path).name)
            ]
            texts = [file.read_text() or "" for file in wanted[:_MOST_BUILD_FILES]]
            self._build_text = "\n".join(texts)
        return self._build_text


def _join(root: str, folder: str) -> str:
    return str(PurePosixPath(root) / folder)


def _list_paths(root: Path) -> list[str]:
    """All paths that git knows of, vendored and generated ones too."""
    listed = run_git(
        root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", seconds=120
    )
    if listed.returncode != 0:
        message = listed.stderr.decode("utf-8", errors="replace").strip()
        raise OSError(f"git cannot list the files of {root}: {message}")
    return [name.decode("utf-8", errors="replace") for name in listed.stdout.split(b"\0") if name]
