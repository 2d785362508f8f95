"""One row for each candidate of a request: the stored suggestion as it stands now, with its week and its note."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.moments import Moment, Week
from matcher.availability.queries import availabilities, owner_of
from matcher.availability.states import Delivery, Kind
from matcher.availability.strips import week_strip
from matcher.clock import local_date
from matcher.i18n import _, ngettext
from matcher.matching.eligibility import MomentState
from matcher.matching.kind_words import words_of
from matcher.matching.list_queries import MatchRow
from matcher.matching.stay_wording import suits_label
from matcher.matching.suggestion_queries import (
    ShownSuggestion,
)
from matcher.offers.models import Offer
from matcher.offers.place_wording import condition_words, places_label
from matcher.organisations.models import Organisation
from matcher.requests import queries
from matcher.requests.models import Request, RequestMoment


@dataclass(frozen=True)
class Candidate:
    """One row: the stored suggestion as it stands now, the week, and whether this person can be ticked."""

    shown: ShownSuggestion
    name: str
    initials: str
    what: str
    near: str
    note: str
    strip: Any
    said: list[tuple[str, str, str]]  # per state of the asked moments: tone, words, which
    status: str | None  # asked, waiting, gone: a tick is offered only when None
    status_label: str | None


def place_notes(session: Session, offer_ids: Sequence[int]) -> dict[int, str]:
    """Offer id → how many places, and what the company asks."""
    query = select(Offer.id, Offer.details, Offer.places).where(Offer.id.in_(offer_ids))
    notes = {}
    for offer_id, details, places in session.execute(query):
        parts = (places_label(places) if places > 1 else "", condition_words(details))
        notes[offer_id] = " · ".join(part for part in parts if part)
    return notes


def candidate_row(
    found: ShownSuggestion,
    request: Request,
    notes: dict[int, str],
    strips: dict[int, Any],
    pending: Sequence[int],
    matches: Sequence[MatchRow],
    offers: dict[int, int],
) -> Candidate:
    if request.kind is Kind.TEACHER_INTERNSHIP:
        name, what = found.organisation or found.title, found.place or ""
        suit = suits_label(moment.state for moment in found.moments)
        note = " · ".join(part for part in (suit, notes.get(found.offer_id, "")) if part)
    else:
        name = found.person or (_("Somebody of the team") if found.person_id is None else found.function or found.title)
        what = " · ".join(part for part in (found.function, found.organisation) if part and part != name)
        note = ""
    if found.title != name:
        note = " · ".join(part for part in (words_of(request.kind).offer(found.title), note) if part)
    asked = next((row for row in matches if offers.get(row.id) == found.offer_id), None)
    status, label = None, None
    if asked is not None:
        status, label = "asked", _("Waits for your answer") if asked.waits_for_reader else asked.state_label
    elif found.offer_id in pending:
        status, label = "waiting", _("Will be asked in your order")
    elif not found.still_ok:
        status, label = "gone", found.never[0] if found.never else _("Not possible any more")
    return Candidate(
        shown=found,
        name=name,
        initials="".join(part[0] for part in name.split()[:1] + name.split()[-1:]).upper(),
        what=what,
        near=_near(found),
        note=note,
        strip=strips.get(found.offer_id),
        said=_said(found) if request.kind is Kind.GUEST_LECTURE else [],
        status=status,
        status_label=label,
    )


NAMED = 2
"""Moments of one sort that are named; the rest is counted."""


def _said(found: ShownSuggestion) -> list[tuple[str, str, str]]:
    """The asked moments as free, not known yet, cannot: the first by name and how many more."""
    sorts = (
        ("free", _("free"), {MomentState.USUAL}),
        ("maybe", _("don't know yet"), {MomentState.UNKNOWN}),
        ("never", _("cannot"), set(MomentState) - {MomentState.USUAL, MomentState.UNKNOWN}),
    )
    told = []
    for tone, words, states in sorts:
        labels = [moment.label for moment in found.moments if MomentState(moment.state) in states]
        if labels:
            more = len(labels) - NAMED
            rest = ngettext("and %(num)s more moment", "and %(num)s more moments", more) if more > 0 else ""
            told.append((tone, words, " ".join(filter(None, ["; ".join(labels[:NAMED]), rest]))))
    return told


def _near(found: ShownSuggestion) -> str:
    if found.mode == Delivery.ONLINE.value:
        return _("online")
    away = round(found.distance_km)
    return _("less than 1 km from school") if away < 1 else _("about %(km)s km from school", km=away)


def week_strips(
    session: Session,
    school: Organisation,
    found: Sequence[ShownSuggestion],
    moments: Sequence[RequestMoment],
    now: datetime,
) -> dict[int, Any]:
    """Offer id → the week of the first asked moment still ahead, drawn on the school's lesson times."""
    ahead = [moment for moment in moments if moment.start_s > now.timestamp()]
    if not found or not ahead:
        return {}
    week = Week.of(ahead[0].day)
    timetable = queries.timetable_from(session, school, now)
    owners = {each.offer_id: owner_of(person_id=each.person_id, offer_id=each.offer_id) for each in found}
    times = availabilities(
        session,
        set(owners.values()),
        on=local_date(now),
        from_s=ahead[0].start_s - 7 * 86_400,
        to_s=ahead[0].start_s + 7 * 86_400,
    )
    asked = [
        Moment(m.start_s, m.end_s, m.day, time.fromisoformat(m.starts), time.fromisoformat(m.ends), tuple(m.periods))
        for m in ahead
    ]
    return {offer_id: week_strip(times[owner], week, timetable, asked=asked) for offer_id, owner in owners.items()}
