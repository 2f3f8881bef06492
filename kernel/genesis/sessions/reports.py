"""A session's report: the record of it, and the text of it in a format of a plugin."""

from __future__ import annotations

from collections.abc import Sequence

from genesis.contracts.judgements import Judgement
from genesis.contracts.reports import KERNEL_FORMATS, ReportedTask, ReportFormat, SessionReport
from genesis.errors import NotFoundError, PluginError
from genesis.home import Home
from genesis.host.faults import describe
from genesis.host.host import PluginHost
from genesis.sessions.attempts import attempt_folder
from genesis.sessions.outcome import findings_of
from genesis.storage.records import SessionRecord, TaskRecord


def session_report(
    home: Home,
    session: SessionRecord,
    tasks: Sequence[TaskRecord],
    judgement: Judgement | None = None,
) -> SessionReport:
    """Everything that a report tells of a session and its tasks."""
    return SessionReport(
        session_id=session.id,
        status=session.status,
        phase=session.phase,
        goal=session.goal,
        team=session.team,
        repository=session.repository,
        branch=session.branch,
        reason=session.reason,
        started_at=session.started_at,
        completed_at=session.completed_at,
        duration_seconds=session.duration_seconds,
        exit_code=session.exit_code,
        summary=session.summary,
        findings=tuple(findings_of(tasks, judgement)),
        judgement=judgement,
        tasks=tuple(_reported(home, task) for task in tasks),
    )


def require_format(host: PluginHost, name: str) -> None:
    """Raise NotFoundError unless there is a format of that name, one of the kernel's or not."""
    plugins = [record.name for record in host.records(ReportFormat)]
    if name not in (*KERNEL_FORMATS, *plugins):
        known = ", ".join([*KERNEL_FORMATS, *sorted(plugins)])
        raise NotFoundError(
            f"There is no report format {name!r}. Formats are: {known}. Plugins bring others; "
            "`genesis plugins` shows whether one is disabled or failed."
        )


def write_report(host: PluginHost, name: str, report: SessionReport) -> str:
    """The report in a plugin's format. Raises NotFoundError when no plugin has it, PluginError
    when it gives no text."""
    for plugin, record in host.contributions(ReportFormat):
        if record.name == name:
            return _written(plugin, record, report)
    require_format(host, name)
    raise PluginError(f"The kernel writes {name!r} itself; only formats of plugins come here.")


def _written(plugin: str, record: ReportFormat, report: SessionReport) -> str:
    about = f"The format {record.name!r} of the plugin {plugin!r} wrote no report of it"
    way_out = "`--format json` has everything; update or correct the plugin."
    try:
        text: object = record.write(report)
    except Exception as error:
        raise PluginError(f"{about}: {describe(error)}. {way_out}") from error
    if not isinstance(text, str):
        raise PluginError(f"{about}, but a {type(text).__name__}. {way_out}")
    return text


def _reported(home: Home, task: TaskRecord) -> ReportedTask:
    return ReportedTask(
        key=task.key,
        specialist=task.specialist,
        kind=task.kind,
        description=task.description,
        status=task.status,
        started_at=task.started_at,
        completed_at=task.completed_at,
        duration_seconds=task.duration_seconds,
        error=task.error,
        result=task.result,
        folder=attempt_folder(home, task.session_id, task.key, task.attempt),
    )
