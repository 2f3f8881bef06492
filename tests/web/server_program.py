"""Serve a home in a process of its own, until it is killed: HOME SITE PORT-FILE."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.host.installing import Site
from tests.web.serving import serving


def main() -> None:
    """Run for at most a minute."""
    home, site, port_file = map(Path, sys.argv[1:])
    sys.path.insert(0, str(site))
    with serving(home, Site(site)) as server:
        draft = port_file.with_suffix(".draft")
        draft.write_text(f"{server.port} {server.token}")
        draft.rename(port_file)
        time.sleep(60)


if __name__ == "__main__":
    main()
