"""Tests of the kernel's own endpoints, over HTTP to a real server."""
