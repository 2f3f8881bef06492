"""Plugins: which state each is in, and why."""

from __future__ import annotations

from genesis.contracts.plugins import PluginStatus
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError
from genesis.web.api.fields import Page, whole
from genesis.web.api.sessions import ONE
from genesis.web.services import Services


def plugin_endpoints(services: Services) -> tuple[AnyEndpoint, ...]:
    """The endpoints of plugins. States are those of this process: they change at its next start,
    except that a plugin may go into quarantine."""
    host = services.kernel.host

    def list_plugins(_call: Call[NoInput, NoInput]) -> object:
        return whole([status.model_dump(mode="json") for status in host.statuses()])

    def show_plugin(call: Call[NoInput, NoInput]) -> object:
        for status in host.statuses():
            if status.id == call.path["id"]:
                return status.model_dump(mode="json")
        raise NotFoundError(f"There is no plugin {call.path['id']!r}. `/api/plugins` lists them.")

    return (
        Endpoint("GET", "/plugins", "List plugins", list_plugins, Page[PluginStatus]),
        Endpoint("GET", "/plugins/{id}", "Show a plugin", show_plugin, PluginStatus,
                 problems=(404,), path_patterns=ONE),
    )  # fmt: skip
