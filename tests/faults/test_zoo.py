"""Whatever a plugin does before it is active, the kernel boots and the others work."""

from __future__ import annotations

import pytest
from genesis import Kernel
from sqlalchemy import text

from tests.faults.conftest import Ward, statuses
from tests.faults.zoo import ALL, SECRET, Exhibit
from tests.host.installing import HEADER, MEMBER, event_ids

_SICK_SCHEMA = text("SELECT name FROM sqlite_master WHERE name LIKE '%sick%'")


def install(ward: Ward, exhibit: Exhibit) -> None:
    before = HEADER + MEMBER.replace("{name}", "sick")
    ward.site.install(
        exhibit.plugin,
        before + exhibit.code,
        class_name=exhibit.class_name,
        requires=exhibit.requires,
        distribution="genesis-sick",
        files=exhibit.files,
    )
    other = exhibit.companion
    if other is not None:
        ward.site.install(
            other.plugin,
            before + other.code,
            requires=other.requires,
            distribution=other.distribution,
        )


def test_the_zoo_is_not_empty_and_its_exhibits_differ() -> None:
    assert len({exhibit.name for exhibit in ALL}) == len(ALL) > 50


@pytest.mark.parametrize("exhibit", ALL, ids=lambda exhibit: exhibit.name)
def test_a_sick_plugin_is_shown_with_its_reason_and_the_others_work(
    ward: Ward, exhibit: Exhibit
) -> None:
    install(ward, exhibit)
    home = ward.make_home(exhibit.settings)
    candidates = ward.site.candidates()
    with Kernel(home, candidates=candidates, step_limits=exhibit.step_limits) as kernel:
        status = statuses(kernel)[exhibit.plugin]
        assert (status.state, status.step) == (exhibit.state, exhibit.step), status
        for word in exhibit.words:
            assert word in status.reason
        assert SECRET not in status.reason
        everyone = {*kernel.roster.teams, *kernel.roster.tools, *kernel.roster.specialists}
        assert not [name for name in everyone if "sick" in name]
        with kernel.database.read() as connection:
            assert connection.execute(_SICK_SCHEMA).all() == []
        ward.check_healthy(kernel)
        ward.check_work(kernel)
        events = event_ids(kernel)
    ward.check_events(events)
