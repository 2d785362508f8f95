"""What `matcher status` tells: the database and its shape, how much there is, what waits, which data run out."""

from typing import Any

from sqlalchemy import func, make_url, select

from matcher.clock import local_date, utcnow
from matcher.config import Settings
from matcher.db import Base, Database
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
            "school_holidays_until": last_known_day().isoformat(),
            "counts": {
                name: session.scalar(select(func.count()).select_from(metadata.tables[name]))
                for name in COUNTED
                if name in metadata.tables
            },
        }


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
    return found
