"""The plugin: contributes the model's record. Imports no client and calls nobody."""

from __future__ import annotations

from genesis import Plugin, hookspecs, implements
from genesis.contracts.models import ChatModel

from genesis_local_llm.ollama_model import OllamaModel
from genesis_local_llm.settings import LocalLlmSettings


class LocalLlmPlugin(Plugin[LocalLlmSettings]):
    """One model, `ollama`: whichever the settings name, or the first that Ollama has."""

    settings_model = LocalLlmSettings

    @implements(hookspecs.genesis_models)
    def models(self) -> list[ChatModel]:
        """The model; Ollama is asked when it is used."""
        settings = self.context.settings
        ollama = OllamaModel(settings)
        return [
            ChatModel(
                name="ollama",
                description=f"{settings.model or 'the newest model'} of Ollama at {settings.host}",
                missing=ollama.missing,
                reply=ollama.reply,
            )
        ]
