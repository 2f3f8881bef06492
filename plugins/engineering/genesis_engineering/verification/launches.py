"""Which module runs which suite."""

from __future__ import annotations

from genesis_engineering.verification.compiled_launch import launch_cargo, launch_go
from genesis_engineering.verification.launch import Launch, Stage
from genesis_engineering.verification.node_launch import launch_node
from genesis_engineering.verification.python_launch import launch_python
from genesis_engineering.verification.suites import Suite


def launch_suite(suite: Suite, stage: Stage, build_seconds: float) -> Launch:
    """How to run a suite. Raises CannotRunError when what it needs is not on this machine."""
    match suite.runner:
        case "pytest" | "unittest":
            return launch_python(suite, stage, build_seconds)
        case "go":
            return launch_go(suite, stage)
        case "cargo":
            return launch_cargo(suite, stage)
        case _:
            return launch_node(suite, stage)
