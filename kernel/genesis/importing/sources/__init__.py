"""Readers of what older systems left: each gives rows of this release's tables, or reasons."""
