"""A name that two plugins contribute stays with the one that was loaded first."""

from __future__ import annotations

from pathlib import Path

from genesis import Kernel, hookspecs

from tests.host.installing import HEADER, Site, make_home

CODE = """
from genesis.contracts import Embedder

class Sick(Plugin[NoSettings]):
    @implements(hookspecs.genesis_embedders)
    def embedders(self):
        return [Embedder(name=name, dimension=8, load="a.b:load") for name in {names}]
"""


def install(site: Site, plugin: str, *names: str) -> None:
    site.install(plugin, HEADER + CODE.replace("{names}", repr(names)))


def test_the_second_embedder_of_a_name_is_refused_with_its_plugin(
    site: Site, tmp_path: Path
) -> None:
    install(site, "alpha", "small", "large")
    install(site, "beta", "tiny", "large")
    install(site, "delta", "tiny")
    install(site, "gamma", "micro", "micro")
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        reasons = {status.id: (status.step, status.reason) for status in kernel.host.statuses()}
        found = kernel.host.hooks.collect(hookspecs.genesis_embedders)
        names = {plugin: [record.name for record in records] for plugin, records in found}
    assert reasons == {
        "alpha": ("", ""),
        "beta": ("conflicts", "the embedder 'large' belongs to 'alpha' already"),
        "delta": ("", ""),
        "gamma": ("conflicts", "it contributes the embedder 'micro' twice"),
    }
    assert names == {"alpha": ["small", "large"], "delta": ["tiny"]}
