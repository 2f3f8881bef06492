"""A living home that the tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.installing import Site
from tests.web.api.living import Api, install_kit, living


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Api]:
    """A server of a living home."""
    install_kit(site)
    with living(tmp_path_factory.mktemp("living"), site) as found:
        yield found
