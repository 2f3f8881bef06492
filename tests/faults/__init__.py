"""Tests with plugins and surroundings that misbehave."""
