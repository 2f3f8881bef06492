"""The plugin: contributes the embedder's record. Imports neither model nor runtime."""

from __future__ import annotations

from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts import Embedder


class MiniLmPlugin(Plugin[NoSettings]):
    """One embedder. Other weights or another tokenizer would have another name."""

    @implements(hookspecs.genesis_embedders)
    def embedders(self) -> list[Embedder]:
        """The embedder; what it needs is read when the first text is embedded."""
        return [
            Embedder(
                name="all-minilm-l6-v2-int8",
                dimension=384,
                load="genesis_minilm.model:load",
            )
        ]
