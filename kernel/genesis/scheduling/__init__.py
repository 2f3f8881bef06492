"""Schedules: when they are due, what becomes of each of their times, and who sees to it."""
