"""Elements and attribute values of the HTML Living Standard (html.spec.whatwg.org)."""

from __future__ import annotations

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
     "track", "wbr"}
)  # fmt: skip
OPTIONAL_END = frozenset(
    {"body", "caption", "colgroup", "dd", "dt", "head", "html", "li", "optgroup", "option", "p",
     "rb", "rp", "rt", "rtc", "tbody", "td", "tfoot", "th", "thead", "tr"}
)  # fmt: skip
OBSOLETE = {
    "acronym": "abbr", "applet": "object", "basefont": "CSS", "bgsound": "audio", "big": "CSS",
    "blink": "CSS", "center": "CSS (text-align)", "dir": "ul", "font": "CSS", "frame": "iframe",
    "frameset": "iframe", "isindex": "a form", "keygen": "the Web Cryptography API",
    "listing": "pre", "marquee": "CSS", "menuitem": "a script", "multicol": "CSS (columns)",
    "nextid": "id", "nobr": "CSS (white-space)", "noembed": "object", "noframes": "iframe",
    "plaintext": "pre", "rb": "ruby", "rtc": "ruby", "spacer": "CSS", "strike": "s or del",
    "tt": "code or kbd", "xmp": "pre",
}  # fmt: skip
_CURRENT = frozenset(
    {"a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote",
     "button", "canvas", "cite", "code", "command", "content", "data", "datalist", "del",
     "details", "dfn", "dialog", "div", "dl", "em", "fencedframe", "fieldset", "figcaption",
     "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "i",
     "iframe", "image", "ins", "kbd", "label", "legend", "main", "map", "mark", "math", "menu",
     "meter", "nav", "noscript", "object", "ol", "output", "picture", "portal", "pre", "progress",
     "q", "ruby", "s", "samp", "script", "search", "section", "select", "selectedcontent",
     "shadow", "slot", "small", "span", "strong", "style", "sub", "summary", "sup", "svg", "table",
     "template", "textarea", "time", "title", "u", "ul", "var", "video"}
)  # fmt: skip
ELEMENTS = VOID | OPTIONAL_END | frozenset(OBSOLETE) | _CURRENT
INPUT_TYPES = frozenset(
    {"button", "checkbox", "color", "date", "datetime", "datetime-local", "email", "file",
     "hidden", "image", "month", "number", "password", "radio", "range", "reset", "search",
     "submit", "tel", "text", "time", "url", "week"}
)  # fmt: skip
_METHODS = frozenset({"get", "post", "dialog"})
VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("input", "type"): INPUT_TYPES,
    ("button", "type"): frozenset({"submit", "reset", "button"}),
    ("form", "method"): _METHODS,
    ("button", "formmethod"): _METHODS,
    ("form", "enctype"): frozenset(
        {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
    ),
    ("img", "loading"): frozenset({"lazy", "eager", "auto"}),
    ("iframe", "loading"): frozenset({"lazy", "eager", "auto"}),
    ("img", "decoding"): frozenset({"sync", "async", "auto"}),
    ("script", "crossorigin"): frozenset({"anonymous", "use-credentials", "", "true"}),
    ("video", "preload"): frozenset({"none", "metadata", "auto", "true", ""}),
    ("audio", "preload"): frozenset({"none", "metadata", "auto", "true", ""}),
    ("track", "kind"): frozenset({"subtitles", "captions", "descriptions", "chapters", "metadata"}),
}
"""The values that an attribute of an element may have; a browser takes its default for others."""
RELATIONS = frozenset(
    {"alternate", "author", "canonical", "dns-prefetch", "icon", "license", "manifest",
     "modulepreload", "next", "nofollow", "noopener", "noreferrer", "preconnect", "prefetch",
     "preload", "prev", "search", "stylesheet"}
)  # fmt: skip
SWALLOWING = frozenset(
    {"a", "b", "button", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i", "label", "s",
     "select", "small", "strong", "sub", "sup", "u"}
)  # fmt: skip
"""Elements that change what follows when their end tag is missing."""
