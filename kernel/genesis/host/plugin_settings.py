"""Validate a plugin's settings: `[plugins.<id>]` of genesis.toml, the environment above it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings import SettingsError as UnreadableError

from genesis.errors import SettingsError


def load_plugin_settings(
    plugin_id: str, model: type[BaseModel], values: Mapping[str, object]
) -> BaseModel:
    """An instance of the plugin's model, from a table and `GENESIS_PLUGINS__<ID>__<FIELD>`.

    Raises SettingsError that names the key and its fault, never the value: it may be a secret.
    """
    prefix = f"GENESIS_PLUGINS__{plugin_id.upper()}__"
    known = {prefix + name.upper() for name in model.model_fields}
    unknown = sorted(k for k in os.environ if k.startswith(prefix) and k.upper() not in known)
    if unknown:
        raise SettingsError(
            f"The environment variable {unknown[0]} names no setting of the plugin "
            f"{plugin_id!r}. Known are: {', '.join(sorted(known)) or 'none'}."
        )
    given = {**values, **_from_environment(plugin_id, model, prefix)}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(all)"
        variable = prefix + key.partition(".")[0].upper()
        where = f"the environment variable {variable}" if variable in os.environ else "genesis.toml"
        # What may be chosen stands in the plugin's code, and may be another setting's value.
        told = first["type"] in ("literal_error", "enum")
        message = first["msg"] if told else _without_values(first["msg"], given)
        raise SettingsError(
            f"[plugins.{plugin_id}] {key}: {message}. Correct it in {where}."
        ) from None


def _from_environment(plugin_id: str, model: type[BaseModel], prefix: str) -> dict[str, object]:
    if not any(name.startswith(prefix) for name in os.environ):
        return {}
    # The source reads names and types of fields from a settings class.
    reader = type(f"{model.__name__}Reader", (model, BaseSettings), {})
    try:
        return EnvSettingsSource(reader, env_prefix=prefix)()
    except UnreadableError as error:
        field = next((name for name in model.model_fields if f'"{name}"' in str(error)), "")
        raise SettingsError(
            f"[plugins.{plugin_id}] {field}: the environment variable {prefix}{field.upper()} is "
            "not valid JSON, which lists and tables have to be there. Correct it."
        ) from None


def _without_values(message: str, given: object) -> str:
    """A message of the plugin's own validators, without any text that was given."""
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        for value in given:
            message = _without_values(message, value)
    elif isinstance(given, str) and len(given) > 3:
        message = message.replace(given, "***")
    return message
