"""The elements of a page as a browser builds them, each with the tag that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from justhtml import JustHTML

from genesis_engineering.pages.tags import Attribute, Tag

_TEXT = "#text"
_DEEPEST = 512
_SKIPPED = frozenset({"#comment", "!doctype"})


@dataclass(eq=False)
class Element:
    """One element; `tag` is None where the browser made it up (`tbody`, or a missing `head`).

    `namespace` is `html`, `svg` or `math`.
    """

    name: str
    tag: Tag | None = None
    parent: Element | None = None
    namespace: str = "html"
    children: list[Element | str] = field(default_factory=list)

    @property
    def line(self) -> int:
        return self.tag.line if self.tag else 1

    @property
    def is_open(self) -> bool:
        """Whether attributes or contents may be added that are not seen here."""
        return self.tag is not None and (self.tag.is_open or "-" in self.name or self.is_component)

    @property
    def is_component(self) -> bool:
        """Whether a framework makes something else of it: `<Button>`."""
        return self.tag is not None and self.namespace == "html" and self.tag.written[0].isupper()

    def get(self, name: str) -> Attribute | None:
        """An attribute, as `Tag.get`."""
        return self.tag.get(name) if self.tag else None

    def value(self, name: str) -> str | None:
        """An attribute's value, as `Tag.value`."""
        return self.tag.value(name) if self.tag else None

    def elements(self) -> Iterator[Element]:
        """All elements inside, in order of the document."""
        return (node for node in self.walk() if isinstance(node, Element))

    def walk(self) -> Iterator[Element | str]:
        """All elements and texts inside, in order of the document."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Element):
                waiting.extend(reversed(node.children))

    def ancestors(self) -> Iterator[Element]:
        """Its parent, that one's parent, and so on, up to the depth that browsers build."""
        element = self.parent
        for _ in range(_DEEPEST):
            if element is None:
                return
            yield element
            element = element.parent


@dataclass(frozen=True)
class Tree:
    """The root of a page, and the end tags (offset in the text) that close nothing."""

    root: Element
    stray_ends: frozenset[tuple[int, int]]


def build_tree(text: str, tags: list[Tag]) -> Tree:
    """Build the tree of a text whose lines end in a line feed, with its tags from `scan_tags`.

    Scripts are not run: what stands in `noscript` is there.
    """
    starts = {tag.start: tag for tag in tags if not tag.is_end}
    parsed = JustHTML(
        text, sanitize=False, collect_errors=True, track_node_locations=True,
        scripting_enabled=False,
    )  # fmt: skip
    root = Element("#document")
    waiting: list[tuple[object, Element]] = [(parsed.root, root)]
    while waiting:
        node, element = waiting.pop()
        content = getattr(node, "template_content", None)
        children = [
            *(getattr(content, "children", None) or ()),
            *(getattr(node, "children", ()) or ()),
        ]
        for child in children:
            if child.name in _SKIPPED:
                continue
            if child.name == _TEXT:
                element.children.append(child.data)
                continue
            made = _make(child, element, starts)
            element.children.append(made)
            waiting.append((child, made))
    stray = {
        (error.line, error.column) for error in parsed.errors if error.code == "unexpected-end-tag"
    }
    return Tree(root, frozenset((line, column) for line, column in stray if line and column))


def _make(node: object, parent: Element, starts: dict[int, Tag]) -> Element:
    name = str(getattr(node, "name", ""))
    tag = starts.get(getattr(node, "origin_offset", None) or 0)
    if tag is not None and tag.name != name.lower() and tag.name != "image":
        tag = None
    namespace = str(getattr(node, "namespace", None) or "html")
    return Element(name.lower(), tag, parent, namespace)
