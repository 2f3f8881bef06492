"""Tests of the process that runs all the time."""
