"""Conversations become concerns, and concerns become follow-up messages."""
