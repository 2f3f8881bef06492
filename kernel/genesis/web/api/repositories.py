"""Repositories that sessions worked on."""

from __future__ import annotations

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError
from genesis.storage.listing import Listing, as_bool
from genesis.storage.work_reads import last_session_of
from genesis.storage.work_tables import RepositoryRow
from genesis.web.api.fields import Answer, Json, Page, PageQuery
from genesis.web.api.sessions import ONE, Session, SessionRoutes
from genesis.web.services import Services


class Repository(Answer):
    """A git checkout on this machine."""

    id: str
    name: str
    path: str
    github_url: str | None
    team_id: str | None
    is_active: bool
    last_synced_at: str | None
    created_at: str


class RepositoryStatus(Answer):
    """The newest session on a repository, and how many findings it has by severity."""

    repository: Repository
    last_session: Session | None
    open_findings: dict[str, int]


_REPOSITORIES = Listing(RepositoryRow, tuple(Repository.model_fields), read={"is_active": as_bool})


def repository_endpoints(services: Services, sessions: SessionRoutes) -> tuple[AnyEndpoint, ...]:
    """The endpoints of repositories."""
    database = services.kernel.database

    def find(repository_id: str) -> Json:
        found = _REPOSITORIES.find(database, repository_id)
        if found is None:
            raise NotFoundError(
                f"There is no repository {repository_id!r}. `/api/repositories` lists them."
            )
        return found

    def list_repositories(call: Call[PageQuery, NoInput]) -> object:
        return _REPOSITORIES.page(database, call.query.limit, call.query.cursor)

    def show_repository(call: Call[NoInput, NoInput]) -> object:
        return find(call.path["id"])

    def show_status(call: Call[NoInput, NoInput]) -> object:
        repository = find(call.path["id"])
        newest = last_session_of(database, call.path["id"])
        session = None if newest is None else sessions.find(newest)
        summary = session["summary"] if session is not None else {}
        findings = summary.get("findings", {}) if isinstance(summary, dict) else {}
        return {"repository": repository, "last_session": session, "open_findings": findings}

    return (
        Endpoint("GET", "/repositories", "List repositories", list_repositories,
                 Page[Repository], PageQuery),
        Endpoint("GET", "/repositories/{id}", "Show a repository", show_repository, Repository,
                 problems=(404,), path_patterns=ONE),
        Endpoint("GET", "/repositories/{id}/status", "Show where a repository stands",
                 show_status, RepositoryStatus, problems=(404,), path_patterns=ONE),
    )  # fmt: skip
