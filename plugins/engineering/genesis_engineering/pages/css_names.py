"""Names of CSS: properties, units, at-rules, pseudo-classes and elements, media features.

The list of properties is that of the W3C's and WHATWG's specifications, current and former, as
MDN's data (in the public domain) and browsers have them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

UNITS = frozenset(
    {"cap", "ch", "cm", "cqb", "cqh", "cqi", "cqmax", "cqmin", "cqw", "db", "deg", "dpcm", "dpi",
     "dppx", "dvb", "dvh", "dvi", "dvmax", "dvmin", "dvw", "em", "ex", "fr", "gd", "grad", "hz",
     "ic", "in", "khz", "lh", "lvb", "lvh", "lvi", "lvmax", "lvmin", "lvw", "mm", "ms", "pc", "pt",
     "px", "q", "rad", "rcap", "rch", "rem", "rex", "ric", "rlh", "s", "st", "svb", "svh", "svi",
     "svmax", "svmin", "svw", "turn", "vb", "vh", "vi", "vmax", "vmin", "vw", "x"}
)  # fmt: skip
AT_RULES = frozenset(
    {"annotation", "bottom-center", "bottom-left", "bottom-left-corner", "bottom-right",
     "bottom-right-corner", "character-variant", "charset", "color-profile", "container",
     "counter-style", "custom-media", "custom-selector", "document", "else", "font-face",
     "font-feature-values", "font-palette-values", "footnote", "function", "host", "import",
     "keyframes", "layer", "left-bottom", "left-middle", "left-top", "media", "media-lib",
     "namespace", "nest", "ornaments", "page", "position-fallback", "position-try", "property",
     "right-bottom", "right-middle", "right-top", "scope", "starting-style", "styleset",
     "stylistic", "supports", "swash", "top-center", "top-left", "top-left-corner", "top-right",
     "top-right-corner", "view-transition", "viewport", "when"}
)  # fmt: skip
PSEUDO = frozenset(
    {"active", "active-view-transition", "after", "any", "any-link", "autofill", "backdrop",
     "before", "blank", "buffering", "checked", "checkmark", "column", "content", "corner-present",
     "cue", "cue-region", "current", "decrement", "deep", "default", "defined", "details-content",
     "dir", "disabled", "double-button", "empty", "enabled", "end", "export",
     "file-selector-button", "first", "first-child", "first-letter", "first-line", "first-of-type",
     "focus", "focus-visible", "focus-within", "footnote-call", "footnote-marker", "fullscreen",
     "future", "global", "grammar-error", "has", "has-slotted", "heading", "highlight",
     "horizontal", "host", "host-context", "hover", "import", "in-range", "increment",
     "indeterminate", "interest-source", "invalid", "is", "lang", "last-child", "last-of-type",
     "left", "link", "local", "local-link", "marker", "matches", "modal", "muted", "no-button",
     "not", "nth-child", "nth-col", "nth-last-child", "nth-last-col", "nth-last-of-type",
     "nth-of-type", "only-child", "only-of-type", "open", "optional", "out-of-range", "part",
     "past", "paused", "picker", "picker-icon", "picture-in-picture", "placeholder",
     "placeholder-shown", "playing", "popover-open", "read-only", "read-write", "required",
     "right", "root", "scope", "scroll-button", "scroll-marker", "scroll-marker-group", "seeking",
     "selection", "shadow", "single-button", "slotted", "spelling-error", "stalled", "start",
     "state", "target", "target-after", "target-before", "target-current", "target-text",
     "target-within", "user-invalid", "user-valid", "valid", "vertical", "view-transition",
     "view-transition-group", "view-transition-image-pair", "view-transition-new",
     "view-transition-old", "visited", "volume-locked", "where", "window-inactive", "xr-overlay"}
)  # fmt: skip
FEATURES = frozenset(
    {"animation", "any-hover", "any-pointer", "aspect-ratio", "block-size", "color", "color-gamut",
     "color-index", "device-aspect-ratio", "device-height", "device-posture", "device-width",
     "display-mode", "dynamic-range", "environment-blending", "forced-colors", "grid", "height",
     "high-contrast", "horizontal-viewport-segments", "hover", "inline-size", "inverted-colors",
     "max-aspect-ratio", "max-block-size", "max-color", "max-color-index",
     "max-device-aspect-ratio", "max-device-height", "max-device-pixel-ratio", "max-device-width",
     "max-height", "max-inline-size", "max-monochrome", "max-resolution", "max-width",
     "min-aspect-ratio", "min-block-size", "min-color", "min-color-index",
     "min-device-aspect-ratio", "min-device-height", "min-device-pixel-ratio", "min-device-width",
     "min-height", "min-inline-size", "min-monochrome", "min-resolution", "min-width",
     "monochrome", "nav-controls", "orientation", "overflow-block", "overflow-inline", "pointer",
     "prefers-color-scheme", "prefers-contrast", "prefers-reduced-data", "prefers-reduced-motion",
     "prefers-reduced-transparency", "resolution", "scan", "scripting", "shape", "transform-2d",
     "transform-3d", "transition", "update", "vertical-viewport-segments", "video-dynamic-range",
     "width"}
)  # fmt: skip
SIZES = frozenset(
    {"border-bottom-width", "border-left-width", "border-radius", "border-right-width",
     "border-spacing", "border-top-width", "border-width", "bottom", "column-gap", "flex-basis",
     "font-size", "gap", "height", "left", "letter-spacing", "margin", "margin-bottom",
     "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height",
     "min-width", "outline-offset", "outline-width", "padding", "padding-bottom", "padding-left",
     "padding-right", "padding-top", "right", "row-gap", "text-indent", "top", "width",
     "word-spacing"}
)  # fmt: skip
"""Properties whose numbers need a unit, unless they are 0."""
COLOURS = frozenset(
    {"aliceblue", "antiquewhite", "aqua", "aquamarine", "azure", "beige", "bisque", "black",
     "blanchedalmond", "blue", "blueviolet", "brown", "burlywood", "cadetblue", "chartreuse",
     "chocolate", "coral", "cornflowerblue", "cornsilk", "crimson", "cyan", "darkblue", "darkcyan",
     "darkgoldenrod", "darkgray", "darkgreen", "darkgrey", "darkkhaki", "darkmagenta",
     "darkolivegreen", "darkorange", "darkorchid", "darkred", "darksalmon", "darkseagreen",
     "darkslateblue", "darkslategray", "darkslategrey", "darkturquoise", "darkviolet", "deeppink",
     "deepskyblue", "dimgray", "dimgrey", "dodgerblue", "firebrick", "floralwhite", "forestgreen",
     "fuchsia", "gainsboro", "ghostwhite", "gold", "goldenrod", "gray", "green", "greenyellow",
     "grey", "honeydew", "hotpink", "indianred", "indigo", "ivory", "khaki", "lavender",
     "lavenderblush", "lawngreen", "lemonchiffon", "lightblue", "lightcoral", "lightcyan",
     "lightgoldenrodyellow", "lightgray", "lightgreen", "lightgrey", "lightpink", "lightsalmon",
     "lightseagreen", "lightskyblue", "lightslategray", "lightslategrey", "lightsteelblue",
     "lightyellow", "lime", "limegreen", "linen", "magenta", "maroon", "mediumaquamarine",
     "mediumblue", "mediumorchid", "mediumpurple", "mediumseagreen", "mediumslateblue",
     "mediumspringgreen", "mediumturquoise", "mediumvioletred", "midnightblue", "mintcream",
     "mistyrose", "moccasin", "navajowhite", "navy", "oldlace", "olive", "olivedrab", "orange",
     "orangered", "orchid", "palegoldenrod", "palegreen", "paleturquoise", "palevioletred",
     "papayawhip", "peachpuff", "peru", "pink", "plum", "powderblue", "purple", "rebeccapurple",
     "red", "rosybrown", "royalblue", "saddlebrown", "salmon", "sandybrown", "seagreen",
     "seashell", "sienna", "silver", "skyblue", "slateblue", "slategray", "slategrey", "snow",
     "springgreen", "steelblue", "tan", "teal", "thistle", "tomato", "turquoise", "violet",
     "wheat", "white", "whitesmoke", "yellow", "yellowgreen"}
)  # fmt: skip
"""The names of colours (CSS Color 4)."""
KEYWORDS = frozenset(
    {"accentcolor", "accentcolortext", "activeborder", "activecaption", "activetext",
     "appworkspace", "auto", "background", "buttonborder", "buttonface", "buttonhighlight",
     "buttonshadow", "buttontext", "canvas", "canvastext", "captiontext", "currentcolor", "field",
     "fieldtext", "graytext", "highlight", "highlighttext", "inactiveborder", "inactivecaption",
     "inactivecaptiontext", "infobackground", "infotext", "inherit", "initial", "invert",
     "linktext", "mark", "marktext", "menu", "menutext", "none", "revert", "revert-layer",
     "scrollbar", "selecteditem", "selecteditemtext", "threeddarkshadow", "threedface",
     "threedhighlight", "threedlightshadow", "threedshadow", "transparent", "unset", "visitedtext",
     "window", "windowframe", "windowtext"}
)  # fmt: skip
"""What may stand for a colour without being the name of one."""


@lru_cache(maxsize=1)
def properties() -> frozenset[str]:
    """The names of all properties and descriptors, without vendors' prefixes."""
    text = Path(__file__).with_name("css_properties.txt").read_text("utf-8")
    return frozenset(text.split())
