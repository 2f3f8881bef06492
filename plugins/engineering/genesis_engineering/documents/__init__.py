"""Checks of a repository's documents: their links, their code blocks, the names they mention."""
