"""What `matcher status` tells: the database and its shape, how much there is, what waits, which data run out."""

from typing import Any

from sqlalchemy import func, make_url, select

import matcher
from matcher.clock import local_date, utcnow
from matcher.config import Settings
from matcher.db import Base, Database
from matcher.disk import free_bytes, is_nearly_full
from matcher.jobs.queries import standings
from matcher.jobs.queue import queue_waiting
from matcher.jobs.standing import lag
from matcher.matching.model_queries import WHAT_TO_DO, running, serve_models
from matcher.migrate import current_revision, head_revision
from matcher.reference import prepare
from matcher.regions.holidays import ends_soon, last_known_day
from matcher.tables import metadata

COUNTED = ("users", "organisations", "offers", "requests", "matches", "visits", "outbox")


def standing(settings: Settings) -> dict[str, Any]:
    """Plain values; `warnings` is a list of sentences, empty when all is well."""
    prepare(settings.database_url)
    database = Database(settings.database_url)
    serve_models(database, settings.models_folder)
    try:
        report = _read(database)
        report |= _around(settings)
    finally:
        database.dispose()
    report["warnings"] = [*_warnings(report), *report.pop("faults")]
    return report


def _read(database: Database) -> dict[str, Any]:
    with database.read() as session:
        connection = session.connection()
        ranking = running(session)
        return {
            "database": make_url(str(database.engine.url)).get_backend_name(),
            "schema": current_revision(connection),
            "newest_schema": head_revision(),
            "ranking": ranking.name,
            "faults": [f"ranking is degraded: {ranking.fault.sentence} {WHAT_TO_DO}"] if ranking.fault else [],
            "oldest_unsent_notice": _oldest_unsent(session),
            "dead_letters": _dead_letters(session),
            "kept_at_once": _kept_at_once(session),
            **_regular_work(session),
            "school_holidays_until": last_known_day().isoformat(),
            "counts": {
                name: session.scalar(select(func.count()).select_from(metadata.tables[name]))
                for name in COUNTED
                if name in metadata.tables
            },
        }


def _around(settings: Settings) -> dict[str, Any]:
    """What is not in the database: the disk and the queue of longer jobs, for whoever knows the key."""
    free = free_bytes(settings.var)
    waiting = queue_waiting(settings) if settings.secret_key else None
    return {
        "disk_free_mb": None if free is None else free // 1_000_000,
        "queued_jobs": waiting.count if waiting else None,
        "oldest_queued_job": waiting.since.isoformat() if waiting and waiting.since else None,
    }


def _regular_work(session: Any) -> dict[str, Any]:
    now = utcnow()
    found = standings(session, [job.name for job in matcher.periodic()], now=now)
    return {
        "regular_work_lag_seconds": round(lag(found, now).total_seconds()),
        "jobs": {job.name: job.as_json(now) for job in found},
    }


def _kept_at_once(session: Any) -> bool:
    """Whether a commit is on the disk before it is answered. On SQLite the engine sees to that itself."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    names = ("fsync", "synchronous_commit", "full_page_writes")
    shown = [session.scalar(select(func.current_setting(name))) for name in names]
    return "off" not in shown


def _dead_letters(session: Any) -> int:
    outbox = Base.metadata.tables["outbox"]
    return int(session.scalar(select(func.count()).where(outbox.c.state == "dead")) or 0)


def _oldest_unsent(session: Any) -> str | None:
    outbox = Base.metadata.tables["outbox"]
    waiting = select(func.min(outbox.c.created_at)).where(
        outbox.c.state.in_(("queued", "inflight", "retry")), outbox.c.gather.is_(False)
    )
    oldest = session.scalar(waiting)
    return oldest.isoformat() if oldest else None


def _warnings(report: dict[str, Any]) -> list[str]:
    found = []
    if report["schema"] != report["newest_schema"]:
        found.append("the database does not have the newest shape")
    until = report["school_holidays_until"]
    if ends_soon(local_date(utcnow())):
        found.append(f"school holidays are known until {until}: update the package `holidays`")
    if not report["kept_at_once"]:
        found.append(
            "PostgreSQL answers before a commit is on the disk: turn on fsync, synchronous_commit and full_page_writes"
        )
    free = report["disk_free_mb"]
    if is_nearly_full(None if free is None else free * 1_000_000):
        found.append(f"only {free} MB is free on the disk: make room, or nothing can be saved soon")
    for name, job in report["jobs"].items():
        if job["overdue"]:
            found.append(f"{name} should have been done long ago: does `matcher work` run?")
        elif job["outcome"] == "failed":
            found.append(f"{name} failed and is tried again: {job['error']}")
    return found
