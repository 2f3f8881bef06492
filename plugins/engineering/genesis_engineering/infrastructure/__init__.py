"""Declared packages, lock files, CI files and Dockerfiles: what builds and releases need."""
