"""A plugin that fails while it is active harms nobody else, and its gates stay shut."""

from __future__ import annotations

import pytest
from genesis import Kernel
from genesis.host.dispatch import Limits
from genesis.host.loading import StepLimits
from genesis.storage.records import read_tasks
from sqlalchemy import text

from tests.faults.conftest import Ward, statuses
from tests.faults.zoo_running import DELIVERED, GATES, LIVES, Running
from tests.host.installing import (
    HEADER,
    MEMBER,
    await_end_of_delivery,
    event_ids,
    run_session,
)

_LIMITS = Limits(decide=0.2, gate=0.2, notify=0.1)
_STEP_LIMITS = StepLimits(start=1, stop=0.2)


def open_kernel(ward: Ward, exhibit: Running) -> Kernel:
    code = HEADER + MEMBER.replace("{name}", "sick") + exhibit.code
    ward.site.install("sick", code)
    candidates = ward.site.candidates()
    home = ward.make_home("")
    return Kernel(home, candidates=candidates, limits=_LIMITS, step_limits=_STEP_LIMITS)


def faults_of(kernel: Kernel, plugin: str) -> list[str]:
    query = text("SELECT error FROM plugin_faults WHERE plugin = :plugin")
    with kernel.database.read() as connection:
        return list(connection.execute(query, {"plugin": plugin}).scalars())


@pytest.mark.parametrize("exhibit", DELIVERED, ids=lambda exhibit: exhibit.name)
def test_one_that_fails_at_events_is_put_in_quarantine_and_the_others_get_them_all(
    ward: Ward, exhibit: Running
) -> None:
    with open_kernel(ward, exhibit) as kernel:
        assert statuses(kernel)["sick"].state == "active"
        ward.check_work(kernel)
        await_end_of_delivery(kernel, "sick")
        status = statuses(kernel)["sick"]
        assert status.state == "quarantined"
        assert "genesis_event" in status.reason
        assert "genesis plugins reset sick" in status.reason
        assert len(faults_of(kernel, "sick")) == 3
        ward.check_healthy(kernel)
        # What it contributed stays of use; only its hooks are not called.
        assert run_session(kernel, "sick-team", ward.repository).status == "completed"
        assert faults_of(kernel, "alpha") == faults_of(kernel, "zeta") == []
        events = event_ids(kernel)
    ward.check_events(events)


@pytest.mark.parametrize("exhibit", GATES, ids=lambda exhibit: exhibit.name)
def test_a_gate_that_fails_is_closed_and_tells_who_and_what_to_do(
    ward: Ward, exhibit: Running
) -> None:
    with open_kernel(ward, exhibit) as kernel:
        session = run_session(kernel, "alpha-team", ward.repository)
        assert session.status == "blocked"
        with kernel.database.read() as connection:
            (task,) = read_tasks(connection, session.id)
        reason = session.reason or task.error or ""
        for word in exhibit.words:
            assert word in reason
        assert len(faults_of(kernel, "sick")) == 1
        ward.check_healthy(kernel)
        events = event_ids(kernel)
    ward.check_events(events)


@pytest.mark.parametrize("exhibit", LIVES, ids=lambda exhibit: exhibit.name)
def test_one_with_a_bad_way_of_life_keeps_nobody_from_working(ward: Ward, exhibit: Running) -> None:
    with open_kernel(ward, exhibit) as kernel:
        assert statuses(kernel)["sick"].state == "active"
        assert run_session(kernel, "sick-team", ward.repository).status == "completed"
        ward.check_healthy(kernel)
        ward.check_work(kernel)
        events = event_ids(kernel)
    ward.check_events(events)


def test_gates_of_a_plugin_in_quarantine_stay_shut_until_it_is_disabled(ward: Ward) -> None:
    exhibit = GATES[0]
    with open_kernel(ward, exhibit) as kernel:
        for _ in range(3):
            assert run_session(kernel, "alpha-team", ward.repository).status == "blocked"
        assert statuses(kernel)["sick"].state == "quarantined"
        session = run_session(kernel, "alpha-team", ward.repository)
        assert session.status == "blocked"
        assert "is in quarantine" in session.reason
        assert len(faults_of(kernel, "sick")) == 3
        events = event_ids(kernel)
    ward.check_events(events)
    home = ward.make_home('disabled = ["sick"]\n')
    with Kernel(home, candidates=ward.site.candidates()) as kernel:
        assert statuses(kernel)["sick"].state == "disabled"
        ward.check_work(kernel)
