"""What infrastructure is to find: a depot of packages in four languages, and how it is shipped."""

from __future__ import annotations

from plugins.engineering.tests.planted._packages import PACKAGES
from plugins.engineering.tests.planted._pipelines import PIPELINES

PLANTED = {**PACKAGES, **PIPELINES}
