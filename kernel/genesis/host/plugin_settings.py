"""Validate a plugin's settings: `[plugins.<id>]` of genesis.toml, the environment above it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource

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
    try:
        return model.model_validate({**values, **_from_environment(model, prefix)})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(all)"
        raise SettingsError(
            f"[plugins.{plugin_id}] {key}: {first['msg']}. Correct it in genesis.toml, "
            f"or in the environment if {prefix}{key.upper()} is set."
        ) from None


def _from_environment(model: type[BaseModel], prefix: str) -> dict[str, object]:
    if not any(name.startswith(prefix) for name in os.environ):
        return {}
    # The source reads names and types of fields from a settings class.
    reader = type(f"{model.__name__}Reader", (model, BaseSettings), {})
    return EnvSettingsSource(reader, env_prefix=prefix)()
