"""Run a repository's own tests and report what each of them did."""

from genesis_engineering.verification.run import run_tests

__all__ = ["run_tests"]
