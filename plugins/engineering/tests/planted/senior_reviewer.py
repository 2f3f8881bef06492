"""What senior-reviewer is to find: risky Python, secrets, functions that nobody can test."""

from __future__ import annotations

from plugins.engineering.tests.planted import _complex_functions, _held_out, _risky_python, _secrets
from plugins.engineering.tests.planted import _risky_python_more as _more

_PROJECT = """[project]
name = "{c}-gateway"
version = "1.4.0"
requires-python = ">=3.9"
dependencies = ["flask>=3,<4", "paramiko>=3,<4", "pyyaml>=6,<7", "requests>=2.31,<3"]
"""

PLANTED: dict[str, str] = {
    "gateway/__init__.py": '"""The gateway."""\n',
    "gateway/pyproject.toml": _PROJECT,
    "gateway/checkout.py": _risky_python.CHECKOUT,
    "gateway/events.py": _risky_python.EVENTS,
    "gateway/admin.py": _more.ADMIN,
    "gateway/nights.py": _more.TASKS,
    "gateway/half.py": _more.BROKEN,
    "gateway/examples/demo_{c}.py": _more.EXAMPLE,
    "gateway/basement/sync.py": _more.OLD,
    "gateway/tests/test_gateway.py": _more.TEST,
    **_complex_functions.FILES,
    **_secrets.FILES,
    **_held_out.SENIOR,
}
