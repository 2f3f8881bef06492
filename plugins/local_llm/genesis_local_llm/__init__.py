"""Models on one's own machine: the first is what Ollama serves."""
