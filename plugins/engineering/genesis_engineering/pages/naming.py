"""Whether an element has a name that a screen reader can say, as far as a page's text tells.

The sources of a name are those of the Accessible Name and Description Computation (W3C) and of
HTML's mapping to it: `aria-labelledby`, `aria-label`, `alt`, `title`, the contents.
"""

from __future__ import annotations

from genesis_engineering.pages.tags import Tag
from genesis_engineering.pages.templates import UNKNOWN
from genesis_engineering.pages.tree import Element

_MOST_NODES = 2000
_NAMING = ("aria-label", "aria-labelledby", "title")
_UNSEEN = frozenset({"script", "style", "template", "noscript"})
# Classes by which style sheets take an element away, also from screen readers.
_HIDING = frozenset({"hidden", "hide", "d-none", "invisible", "input-hidden", "is-hidden"})
_DIALOGS = frozenset({"dialog", "alertdialog"})
_WRITTEN_ON = frozenset({"button", "submit", "reset"})
_OPAQUE = frozenset({"object", "embed", "iframe", "canvas", "slot", "video", "audio", "math",
                     "select", "textarea", "picture-frame"})  # fmt: skip


def may_have_name(element: Element) -> bool:
    """Whether the element has a name, or may get one that is not seen here."""
    if element.is_open or has_naming_attribute(element):
        return True
    waiting = list(element.children)
    steps = 0
    while waiting:
        node = waiting.pop()
        steps += 1
        if steps > _MOST_NODES:
            return True
        if isinstance(node, str):
            if node.strip():
                return True
        elif _names_parent(node):
            return True
        elif node.name not in _UNSEEN and (node.value("aria-hidden") or "") != "true":
            waiting += node.children
    return _may_be_filled(element)


def has_naming_attribute(element: Element) -> bool:
    """Whether an attribute gives a name, or gives one that a program makes."""
    return any((element.value(name) or "").strip() for name in _NAMING)


def is_hidden(tag: Tag) -> bool:
    """Whether nobody perceives the element, or it is not known who does.

    A dialog is written as hidden, and a script takes that away when it opens.
    """
    is_dialog = (tag.value("role") or "").lower() in _DIALOGS
    style = (tag.value("style") or "").replace(" ", "").lower()
    return (
        tag.get("hidden") is not None
        or ((tag.value("aria-hidden") or "false") != "false" and not is_dialog)
        or not _HIDING.isdisjoint((tag.value("class") or "").split())
        or "display:none" in style
        or "visibility:hidden" in style
        or UNKNOWN in style
    )


def _names_parent(node: Element) -> bool:
    if node.is_open or node.name in _OPAQUE or node.get("id") is not None:
        return True
    if any(one.name.startswith("data-") for one in (node.tag.attributes if node.tag else ())):
        return True
    if node.name == "img" and node.get("alt") is None:
        return True  # An image without alt is a finding of its own.
    named = (node.value("alt") or "").strip() if node.name in ("img", "input", "area") else ""
    if node.name == "input" and (node.value("type") or "").lower() in _WRITTEN_ON:
        named = named or (node.value("value") or "").strip()
    return bool(named) or (
        has_naming_attribute(node) and (node.value("aria-hidden") or "") != "true"
    )


def _may_be_filled(element: Element) -> bool:
    """Whether a script may put text into an element without any contents."""
    if any(isinstance(node, Element) for node in element.children):
        return False
    attributes = element.tag.attributes if element.tag else ()
    return any(one.name in ("id", "class", "name") or one.name.startswith(("data-", "on"))
               for one in attributes)  # fmt: skip
