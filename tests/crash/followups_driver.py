"""The process that is killed: asks what is due in every mind, again and again.

`python followups_driver.py HOME` prints "ready" and goes on until it is killed; with `once` it
ends when nothing is due any more.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from genesis.home import Home
from genesis.host.host import PluginHost
from genesis.host.plugin import PluginContext
from genesis.minds.concerns import Concerns
from genesis.storage.database import Database
from genesis_followups.plugin import FollowupsPlugin
from genesis_followups.settings import FollowupsSettings


def main() -> None:
    """Ask until killed, or until nothing is left."""
    home = Home(Path(sys.argv[1]))
    database = Database(home.database)
    settings = FollowupsSettings.model_validate(
        {"quiet_from": "00:00", "quiet_until": "00:00", "hours_apart": 0, "unanswered": 1}
    )
    host = PluginHost(database, {}, home.root / "plugins")
    context = PluginContext(
        "followups", settings, home.root / "plugins", logging.getLogger(), database, host.hooks
    )
    plugin = FollowupsPlugin(context)
    print("ready", flush=True)
    while "once" not in sys.argv or Concerns.minds_with_due(database):
        plugin.ask()
    database.close()


if __name__ == "__main__":
    main()
