"""The words that CSS properties with a closed list of them know."""

from __future__ import annotations

EVERYWHERE = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
"""What every property knows (CSS Cascade 5)."""
_PLACES = frozenset(
    {"normal", "start", "end", "center", "left", "right", "flex-start", "flex-end", "stretch",
     "baseline", "first", "last", "safe", "unsafe", "self-start", "self-end", "anchor-center",
     "space-between", "space-around", "space-evenly", "auto", "legacy"}
)  # fmt: skip
_OVERFLOW = frozenset({"visible", "hidden", "clip", "scroll", "auto", "overlay"})

WORDS: dict[str, frozenset[str]] = {
    # CSS Box Alignment 3: what one of these knows is no slip in another one either.
    **dict.fromkeys(
        ("justify-content", "justify-items", "justify-self", "align-content", "align-items",
         "align-self", "place-content", "place-items", "place-self"), _PLACES,
    ),
    **dict.fromkeys(("overflow", "overflow-x", "overflow-y"), _OVERFLOW),
    "display": frozenset(
        {"none", "block", "inline", "flow", "flow-root", "flex", "grid", "table", "ruby", "math",
         "contents", "list-item", "run-in", "inline-block", "inline-flex", "inline-grid",
         "inline-table", "table-row", "table-cell", "table-column", "table-caption",
         "table-row-group", "table-header-group", "table-footer-group", "table-column-group",
         "ruby-base", "ruby-text", "ruby-base-container", "ruby-text-container", "grid-lanes",
         "inline-grid-lanes", "masonry", "flexbox", "inline-flexbox", "compact", "marker"}
    ),
    "position": frozenset({"static", "relative", "absolute", "fixed", "sticky", "running"}),
    "float": frozenset(
        {"none", "left", "right", "inline-start", "inline-end", "footnote", "top", "bottom"}
    ),
    "clear": frozenset(
        {"none", "left", "right", "both", "inline-start", "inline-end", "top", "bottom",
         "both-inline", "both-block"}
    ),
    "visibility": frozenset({"visible", "hidden", "collapse"}),
    "text-align": frozenset(
        {"left", "right", "center", "justify", "start", "end", "match-parent", "justify-all"}
    ),
    "text-transform": frozenset(
        {"none", "capitalize", "uppercase", "lowercase", "full-width", "full-size-kana",
         "math-auto"}
    ),
    "flex-direction": frozenset({"row", "column", "row-reverse", "column-reverse"}),
    "flex-wrap": frozenset({"wrap", "nowrap", "wrap-reverse", "balance"}),
    "box-sizing": frozenset({"border-box", "content-box", "padding-box"}),
    "object-fit": frozenset({"fill", "contain", "cover", "none", "scale-down"}),
    "font-style": frozenset({"normal", "italic", "oblique"}),
    "border-collapse": frozenset({"collapse", "separate"}),
}  # fmt: skip
"""By property; current and former values, as browsers and specifications have had them."""
