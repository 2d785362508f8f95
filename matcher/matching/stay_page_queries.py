"""What the page of a match shows of an internship: its days as boxes, the place, what the teacher wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import members_of
from matcher.accounts.states import Role
from matcher.availability.halfday_wording import half_day_name, visit_labels
from matcher.availability.halfdays import HalfDay, Part, half_day_at
from matcher.availability.moments import Week, local
from matcher.availability.wording import weekday_name
from matcher.i18n import _, format_date, format_day_month, ngettext
from matcher.matching.models import MatchMoment
from matcher.matching.moments import parts_of
from matcher.offers.models import Offer
from matcher.offers.place_wording import place_facts
from matcher.organisations.models import Organisation
from matcher.requests.internship_wording import goal_facts, leave_facts
from matcher.requests.internships import asked_of
from matcher.requests.models import Request, RequestMoment

Row = dict[str, Any]


@dataclass(frozen=True)
class Days:
    """`rows` are the boxes to choose other days from, `parts` (value, label) the half-days that were agreed."""

    facts: list[tuple[str, str]]
    columns: list[str]
    rows: list[Row]
    legend: str
    visits: list[str]
    parts: list[tuple[str, str]]


def days_of(
    session: Session, request: Request, offer: Offer, company: Organisation, chosen: MatchMoment | None, now: datetime
) -> Days:
    agreed = parts_of(chosen) if chosen is not None and chosen.parts else []
    return Days(
        facts=_facts(request, offer, company),
        columns=[weekday_name(day, "EEEEEE") for day in range(5)],
        rows=half_day_rows(session, request, now),
        legend=_legend(request),
        visits=visit_labels(agreed) if agreed else [],
        parts=[(str(part[0]), part_label(part)) for part in agreed],
    )


def half_day_rows(session: Session, request: Request, now: datetime) -> list[Row]:
    """The asked half-days that lie ahead as boxes: a row for each week, in it five days of two halves at most."""
    query = select(RequestMoment).where(RequestMoment.request_id == request.id, RequestMoment.start_s > now.timestamp())
    rows: dict[Week, Row] = {}
    for moment in session.scalars(query.order_by(RequestMoment.start_s)):
        week = Week.of(moment.day)
        row = rows.setdefault(week, {"label": _week_label(week), "cells": [[] for _day in range(5)]})
        row["cells"][moment.day.weekday()].append(_box(moment))
    return list(rows.values())


def _week_label(week: Week) -> str:
    return _("from %(day)s", day=format_date(week.day(0), "d MMM"))


def _box(moment: RequestMoment) -> Row:
    half = half_day_at(moment.start_s)
    return {
        "value": str(moment.id),
        "short": _("PM") if half.half else _("AM"),
        "label": f"{half_day_name(HalfDay(moment.day.weekday(), half.half))} {format_date(moment.day, 'd MMM')}",
    }


def _legend(request: Request) -> str:
    asked = asked_of(request.hours, request.details)
    if asked.whole_days:
        days = asked.half_days // 2
        return ngettext("Choose %(num)s whole day", "Choose %(num)s whole days", days)
    return ngettext("Choose %(num)s half-day", "Choose %(num)s half-days", asked.half_days)


def part_label(part: Part) -> str:
    """`di 2 februari, ochtend`."""
    half = half_day_at(part[0])
    day = format_day_month(local(part[0]))
    return _("%(day)s, afternoon", day=day) if half.half else _("%(day)s, morning", day=day)


def _facts(request: Request, offer: Offer, company: Organisation) -> list[tuple[str, str]]:
    """Where, with whom and on which conditions; what the teacher wants to take home; the leave."""
    pairs = [
        (_("Company"), company.name),
        (_("Address"), company.address),
        (_("Internship place"), offer.title),
        *place_facts(offer.details, offer.places),
        *goal_facts(request.details),
        *leave_facts(request.details),
        (_("Costs"), request.costs),
    ]
    return [(term, value) for term, value in pairs if value]


def host_of(session: Session, offer: Offer) -> tuple[str, User | None]:
    """Who guides the teacher, as the company wrote it, and the person behind the address: the supervisor who has an
    account, else the contact."""
    number = offer.details.get("supervisor_id")
    supervisor = session.get(User, int(number)) if number else None
    if supervisor is not None:
        return supervisor.name, supervisor
    contacts: Sequence[User] = members_of(session, offer.organisation_id, [Role.COMPANY_CONTACT])
    return str(offer.details.get("supervisor") or ""), contacts[0] if contacts else None
