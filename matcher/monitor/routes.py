"""The coordinator's own numbers, whole, and the same visits as a file. What everybody may see is in `home`."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from matcher.accounts.policy import Actor
from matcher.clock import local_date, school_year, utcnow
from matcher.coordination.region_queries import regions_of
from matcher.i18n import _, current_locale
from matcher.matching.labels import KINDS, STATES, reason_label
from matcher.monitor.exports import csv_text
from matcher.monitor.figures import drawn, year_label
from matcher.monitor.queries import figures, visit_rows, years_with_visits
from matcher.subjects.levels import Level, level_name
from matcher.web.guards import actor, roles
from matcher.web.transaction import reading

blueprint = Blueprint("monitor", __name__, url_prefix="/monitor")


@blueprint.get("")
@roles("coordinator", "administrator")
def index() -> str:
    regions, year = _regions(actor()), _year()
    return render_template(
        "monitor/index.html",
        chosen=next(iter(regions_of(reading(), actor())), None),
        figures=figures(reading(), year=year, region_ids=regions),
        years=sorted({*years_with_visits(reading(), regions), year}, reverse=True),
        label=year_label,
        drawn=drawn,
    )


@blueprint.get("/visits.csv")
@roles("coordinator", "administrator")
def visits() -> Response:
    """Without names of people: the file travels further than this service."""
    year, regions = _year(), _regions(actor())
    rows = visit_rows(reading(), regions if regions is not None else actor().region_ids, year=year)
    head = [_("Day"), _("From"), _("Kind"), _("State"), _("Title"), _("Level"), _("School"), _("Place"), _("Company")]
    text = csv_text([*head, _("Pupils"), _("Hours"), _("Reason")], [_line(row) for row in rows])
    return Response(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename=matcher-{year}.csv"},
    )


def _line(row: Any) -> list[Any]:
    level = level_name(Level(row.level), current_locale()) if row.level in set(Level) else ""
    return [
        row.day.isoformat(),
        row.starts,
        KINDS[row.kind],
        STATES[row.state],
        row.title,
        f"{row.year} {level}" if row.year else level,
        row.school,
        row.place,
        row.company,
        row.pupils,
        row.hours,
        reason_label(row.reason),
    ]


def _regions(person: Actor) -> list[int] | None:
    """A coordinator's own; an administrator without regions sees the whole country."""
    return sorted(person.region_ids) if person.region_ids or not person.is_administrator else None


def _year() -> int:
    """The school year the address asks for, else the present one."""
    now = school_year(local_date(utcnow()))
    asked = request.args.get("year", type=int)
    return asked if asked is not None and 2000 <= asked <= now + 1 else now
