"""Engineering specialists: they review a repository and need no model."""
