"""Read a tool's settings; what does not fit raises ValueError naming the setting."""

from __future__ import annotations

from genesis.contracts import Severity
from pydantic import JsonValue


def read_text(params: dict[str, JsonValue], name: str, default: str | None = None) -> str:
    """A text that is not empty; without `default` it must be given."""
    value = params.get(name, default)
    if value is None:
        raise ValueError(f"The setting {name!r} is missing: give it as a text.")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"The setting {name!r} must be a text that is not empty, not {value!r}.")
    return value


def read_texts(params: dict[str, JsonValue], name: str) -> list[str]:
    """A list of texts, empty when the setting is absent."""
    values = params.get(name, [])
    if not isinstance(values, list):
        raise ValueError(f"The setting {name!r} must be a list of texts, not {values!r}.")
    texts = [value for value in values if isinstance(value, str) and value]
    if len(texts) != len(values):
        raise ValueError(f"The setting {name!r} must hold texts only, not {values!r}.")
    return texts


def read_severity(params: dict[str, JsonValue], default: Severity) -> Severity:
    """The setting `severity`: high, medium, low or info."""
    value = read_text(params, "severity", default.value)
    try:
        return Severity(value)
    except ValueError:
        choices = ", ".join(Severity)
        raise ValueError(
            f"The setting 'severity' must be one of {choices}, not {value!r}."
        ) from None
