"""The kernel's own endpoints, one module for each resource."""

from __future__ import annotations

from genesis.contracts.web import AnyEndpoint
from genesis.web.api.background import BackgroundRoutes
from genesis.web.api.concerns import ConcernRoutes
from genesis.web.api.events import event_endpoints
from genesis.web.api.figures import figure_endpoints
from genesis.web.api.jobs import JobRoutes
from genesis.web.api.memories import MemoryRoutes
from genesis.web.api.messages import MessageRoutes
from genesis.web.api.minds import MindRoutes
from genesis.web.api.people import people_endpoints, record_roster
from genesis.web.api.plugins import plugin_endpoints
from genesis.web.api.repositories import repository_endpoints
from genesis.web.api.schedules import ScheduleRoutes
from genesis.web.api.session_logs import LogRoutes
from genesis.web.api.sessions import SessionRoutes
from genesis.web.api.tasks import task_endpoints
from genesis.web.services import Services


def kernel_endpoints(services: Services) -> tuple[AnyEndpoint, ...]:
    """All of them; writes the teams and agents of this start into the database first, since they
    are listed from there. Raises StorageError."""
    record_roster(services.kernel)
    sessions, minds = SessionRoutes(services), MindRoutes(services)
    logs = LogRoutes(services, sessions)
    return (
        *people_endpoints(services),
        *sessions.endpoints(),
        *event_endpoints(services, sessions),
        *logs.endpoints(),
        *task_endpoints(services),
        *JobRoutes(services, sessions, logs).endpoints(),
        *repository_endpoints(services, sessions),
        *ScheduleRoutes(services, sessions).endpoints(),
        *minds.endpoints(),
        *MessageRoutes(services, minds).endpoints(),
        *MemoryRoutes(services, minds).endpoints(),
        *ConcernRoutes(services, minds).endpoints(),
        *BackgroundRoutes(services, minds).endpoints(),
        *plugin_endpoints(services),
        *figure_endpoints(services),
    )
