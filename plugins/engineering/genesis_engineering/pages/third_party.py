"""Tells own style sheets and scripts from copies of libraries that somebody put beside them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from genesis_engineering.files import has_long_line

_NAMES = re.compile(
    r"^(jquery|bootstrap|font-?awesome|fa-|normalize|modernizr|highlight|prism|codemirror|d3|chart"
    r"|lodash|underscore|backbone|angular|react|vue|popper|select2|datatables?|leaflet|mermaid|"
    r"mathjax|katex|pygments|foundation|bulma|materialize|semantic|tailwind|animate|swiper|slick|"
    r"moment|three|ace|require|html5shiv|respond|polyfill|uikit|milligram|skeleton|water|pico|"
    r"lunr|elasticlunr|fuse|searchtools|doctools|sphinx|alabaster|basic|github-markdown|"
    r"katex|video-js|video|plyr|socket\.io|handlebars|mustache|ember|knockout|raphael|glyphicons|"
    r"bootswatch|simplemde|tinymce|ckeditor|quill|toastr|sweetalert2?|flatpickr|cropper|dropzone|"
    r"xregexp|reset|typeahead|shcore|shbrush)([.\-_\d]|$)",
    re.IGNORECASE,
)
_FOLDERS = frozenset(
    {"lib", "libs", "third-party", "3rdparty", "external", "extern", "plugins", "components",
     "contrib", "packages", "npm", "jspm_packages", "webfonts"}
)  # fmt: skip
_BANNER = re.compile(
    r"^\s*/\*(!|[^*]{0,400}?(@license|\bv?\d+\.\d+\.\d+\b|https?://github\.com/|getbootstrap|"
    r"\(c\)|©|Licensed under|Released under|Copyright))",
    re.IGNORECASE | re.DOTALL,
)
_ASSETS = frozenset({".js", ".mjs", ".css"})
_LONG_LINE = 500


def is_third_party(path: str, text: str) -> bool:
    """Whether a file is a library's by its name, folder or banner, or is minified.

    A banner is a first comment with a version, a licence or a copyright. Folders count for what a
    browser gets (`static/lib/x.css`), not for modules of a program (`lib/x.js` at the top).
    """
    pure = PurePosixPath(path)
    name = pure.name.lower()
    if ".min." in name or ".bundle." in name or _NAMES.match(name):
        return True
    folders = {part.lower() for part in pure.parts[1:-1]}
    if pure.suffix == ".css" and folders & _FOLDERS:
        return True
    if pure.suffix in _ASSETS and is_minified(text):
        return True
    return bool(_BANNER.match(text[:1000]))


def is_minified(text: str) -> bool:
    """Whether lines are too long for a person to have written them."""
    average = len(text) / (text.count("\n") + 1)
    return has_long_line(text) or (len(text) > _LONG_LINE and average > _LONG_LINE)
