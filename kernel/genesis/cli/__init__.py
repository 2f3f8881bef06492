"""The `genesis` command."""
