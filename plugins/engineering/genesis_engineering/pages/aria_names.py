"""Roles and attributes of WAI-ARIA 1.2 and 1.3, DPUB-ARIA and the graphics module."""

from __future__ import annotations

ROLES = frozenset(
    {"alert", "alertdialog", "application", "article", "associationlist", "associationlistitemkey",
     "associationlistitemvalue", "banner", "blockquote", "button", "caption", "cell", "checkbox",
     "code", "columnheader", "combobox", "command", "comment", "complementary", "composite",
     "contentinfo", "definition", "deletion", "dialog", "directory", "document", "emphasis",
     "feed", "figure", "form", "generic", "grid", "gridcell", "group", "heading", "image", "img",
     "input", "insertion", "landmark", "link", "list", "listbox", "listitem", "log", "main",
     "mark", "marquee", "math", "menu", "menubar", "menuitem", "menuitemcheckbox", "menuitemradio",
     "meter", "navigation", "none", "note", "option", "paragraph", "presentation", "progressbar",
     "radio", "radiogroup", "range", "region", "roletype", "row", "rowgroup", "rowheader",
     "scrollbar", "search", "searchbox", "section", "sectionfooter", "sectionhead",
     "sectionheader", "select", "separator", "slider", "spinbutton", "status", "strong",
     "structure", "subscript", "suggestion", "superscript", "switch", "tab", "table", "tablist",
     "tabpanel", "term", "text", "textbox", "time", "timer", "toolbar", "tooltip", "tree",
     "treegrid", "treeitem", "widget", "window"}
)  # fmt: skip
PREFIXES = ("doc-", "graphics-")
ATTRIBUTES = frozenset(
    {"actions", "activedescendant", "atomic", "autocomplete", "braillelabel",
     "brailleroledescription", "busy", "checked", "colcount", "colindex", "colindextext",
     "colspan", "controls", "current", "describedby", "description", "details", "disabled",
     "dropeffect", "errormessage", "expanded", "flowto", "grabbed", "haspopup", "hidden",
     "invalid", "keyshortcuts", "label", "labelledby", "level", "live", "modal", "multiline",
     "multiselectable", "orientation", "owns", "placeholder", "posinset", "pressed", "readonly",
     "relevant", "required", "roledescription", "rowcount", "rowindex", "rowindextext", "rowspan",
     "selected", "setsize", "sort", "valuemax", "valuemin", "valuenow", "valuetext",
     "virtualcontent"}
)  # fmt: skip
"""Names of attributes, without `aria-`."""
_TRUTH = frozenset({"true", "false"})
_TRISTATE = _TRUTH | {"mixed", "undefined"}
_MAYBE = _TRUTH | {"undefined"}
TOKENS: dict[str, frozenset[str]] = {
    "atomic": _TRUTH, "busy": _TRUTH, "disabled": _TRUTH, "modal": _TRUTH, "multiline": _TRUTH,
    "multiselectable": _TRUTH, "readonly": _TRUTH, "required": _TRUTH,
    "expanded": _MAYBE, "hidden": _MAYBE, "selected": _MAYBE, "grabbed": _MAYBE,
    "checked": _TRISTATE, "pressed": _TRISTATE,
    "current": _TRUTH | {"page", "step", "location", "date", "time"},
    "haspopup": _TRUTH | {"menu", "listbox", "tree", "grid", "dialog"},
    "invalid": _TRUTH | {"grammar", "spelling"},
    "live": frozenset({"off", "polite", "assertive"}),
    "orientation": frozenset({"horizontal", "vertical", "undefined"}),
    "sort": frozenset({"ascending", "descending", "none", "other"}),
    "autocomplete": frozenset({"inline", "list", "both", "none"}),
}  # fmt: skip
"""The values of attributes that have a fixed list of them."""
