"""Everything one approval decision needs, on one screen: both sides, the week, and why they were brought together."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.availability.moments import Moment, Timetable, Week, local
from matcher.availability.queries import availability_of, owner_of
from matcher.availability.states import Delivery, Kind
from matcher.availability.strips import week_strip
from matcher.availability.wording import strip_view
from matcher.clock import AMSTERDAM, local_date, school_year, school_year_dates
from matcher.coordination.class_weeks import class_strip
from matcher.coordination.cockpit import Card, Why
from matcher.i18n import _, current_locale, format_date, ngettext
from matcher.matching.models import Match, MatchMoment
from matcher.matching.moments import parts_of
from matcher.matching.page_queries import MatchPage, match_page
from matcher.matching.policy import MatchFacts
from matcher.matching.queries import chosen_moment, visits_this_year
from matcher.matching.states import TAKES_PLACE, MatchState
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.suggestion_queries import names_for
from matcher.matching.wording import fit_blocks, fit_words, is_chance, reason_lines, reasons_for
from matcher.offers.place_wording import hybrid_facts, place_facts
from matcher.organisations.models import Organisation
from matcher.organisations.partner_queries import standing_pairs
from matcher.regions.geo import distance_km
from matcher.requests.internship_wording import goal_facts, leave_line
from matcher.requests.models import Request, SchoolClass
from matcher.requests.queries import timetable_from
from matcher.requests.vacancy_wording import vacancy_facts
from matcher.safeguarding.queries import result_for
from matcher.safeguarding.states import ProofType
from matcher.subjects.levels import Level, group_name

RARELY = 1
"""A school with at most this many visits in this and the last school year is said to be rarely reached."""


@dataclass(frozen=True)
class Decision:
    """`page` is the match as its own page shows it; the cards are the coordinator's."""

    page: MatchPage
    guest: Card
    school: Card
    why: Why
    sub: str
    other_invitations: int


def decision(session: Session, match: Match, facts: MatchFacts, actor: Actor, now: datetime) -> Decision:
    """The caller made sure that this coordinator may see the match."""
    page = match_page(session, match, facts, actor, now)
    moment = chosen_moment(session, match.id)
    chosen = _as_moment(moment) if moment else None
    timetable = timetable_from(session, page.school, now)
    group = session.get(SchoolClass, page.request.class_id) if page.request.class_id else None
    return Decision(
        page=page,
        guest=_guest_card(session, page, chosen, timetable, now),
        school=_school_card(session, page, group, chosen, timetable, now),
        why=_why(session, match),
        sub=_sub(page),
        other_invitations=_other_invitations(session, match),
    )


def _as_moment(moment: MatchMoment) -> Moment:
    """Of several visits the first, whose week is drawn."""
    if moment.parts:
        start_s, end_s = parts_of(moment)[0]
        begin, until = local(start_s), local(end_s)
        return Moment(start_s, end_s, begin.date(), begin.time(), until.time(), ())
    start, end = time.fromisoformat(moment.starts), time.fromisoformat(moment.ends)
    return Moment(moment.start_s, moment.end_s, moment.day, start, end, tuple(moment.periods))


def _sub(page: MatchPage) -> str:
    request = page.request
    parts = [page.when or _window(request)]
    if request.group_size:
        parts.append(ngettext("%(num)s pupil", "%(num)s pupils", request.group_size))
    parts.append(", ".join(part for part in (page.school.name, page.school.place) if part))
    if request.kind is Kind.GUEST_LECTURE and page.match.teacher_id is not None:
        parts.append(_("the teacher stays in the room"))
    return " · ".join(part for part in parts if part)


def _window(request: Request) -> str:
    if request.window_from is None:
        return ""
    return _("from %(day)s", day=format_date(request.window_from, "long"))


def _guest_card(session: Session, page: MatchPage, chosen: Moment | None, timetable: Timetable, now: datetime) -> Card:
    match, offer, company = page.match, page.offer, page.company
    person_id = match.visitor_id or match.professional_id
    stays = page.request.kind is Kind.TEACHER_INTERNSHIP
    checked = company.verified_at
    what = [offer.title if stays else page.guest.what if page.guest else company.name]
    what.append(_("checked on %(day)s", day=format_date(local_date(checked), "long")) if checked else _("not checked"))
    facts: list[tuple[str, str, str | None]] = [(_("Distance"), _distance(page), None)]
    if person_id is not None:
        facts.append((_("Took place"), _kept_word(session, person_id), None))
    on_day = chosen.date if chosen else local_date(now)
    if page.is_placement:
        facts += [(term, value, None) for term, value in hybrid_facts(offer.details)]
    if stays:
        facts += [(term, value, None) for term, value in place_facts(offer.details, offer.places)]
    else:
        facts.append((_("Proof of conduct"), *_proof(session, page, person_id, on_day)))
    return Card(
        title=company.name if stays else _named(page, company),
        sub=" · ".join(what),
        strip=None if stays or not chosen else _guest_strip(session, person_id, offer.id, chosen, timetable),
        facts=facts,
        load=_load(session, person_id, offer.yearly_cap, now) if person_id is not None else None,
    )


def _named(page: MatchPage, company: Organisation) -> str:
    return page.guest.name if page.guest else _("Somebody of %(company)s", company=company.name)


def _distance(page: MatchPage) -> str:
    if Delivery.ONLINE in (page.request.delivery, page.offer.delivery):
        return _("online")
    school, offer = page.school, page.offer
    if school.lat is None or school.lon is None:
        return _("not known")
    away = round(distance_km(offer.lat, offer.lon, school.lat, school.lon))
    return _("about %(km)s km", km=away) if away else _("less than 1 km")


def _load(session: Session, person_id: int, cap: int | None, now: datetime) -> tuple[int, int | None, str]:
    """Visits of this school year with this one; how many at most, if that was said; the same in words."""
    first, _last = school_year_dates(school_year(local_date(now)))
    since = datetime(first.year, first.month, first.day, tzinfo=AMSTERDAM).astimezone(UTC)
    taken = visits_this_year(session, [person_id], since).get(person_id, 0)
    if cap is None:
        return taken, None, ngettext("%(num)s visit, with this one", "%(num)s visits, with this one", taken)
    return taken, cap, _("%(taken)s of %(cap)s visits, with this one", taken=taken, cap=cap)


def _kept_word(session: Session, person_id: int) -> str:
    query = (
        select(Match.state, func.count())
        .where(Match.visitor_id == person_id, Match.state.in_((MatchState.HELD, MatchState.MISSED)))
        .group_by(Match.state)
    )
    counts = {row[0]: row[1] for row in session.execute(query)}
    held, all_ = counts.get(MatchState.HELD, 0), sum(counts.values())
    if not all_:
        return _("no earlier visits")
    return ngettext("%(held)s of %(num)s visit", "%(held)s of %(num)s visits", all_, held=held)


def _proof(session: Session, page: MatchPage, person_id: int | None, on_day: date) -> tuple[str, str | None]:
    found = result_for(
        session,
        kind=page.match.kind.value,
        level=page.request.level,
        supervised=page.match.teacher_id is not None,
        structural=page.match.kind is Kind.HYBRID_PLACEMENT,
        school_id=page.school.id,
        user_id=person_id,
        on_day=on_day,
    )
    if found.requirement.proof is ProofType.NONE:
        return _("the board asks for none: a teacher stays in the room"), None
    if found.met:
        return _("seen by the school, valid on that day"), "good"
    return _("asked, and nobody has seen it yet"), "hurt"


def _guest_strip(
    session: Session, person_id: int | None, offer_id: int, chosen: Moment, timetable: Timetable
) -> dict[str, Any]:
    week = Week.of(chosen.date)
    span = 7 * 86_400
    owner = owner_of(person_id=person_id, offer_id=offer_id)
    times = availability_of(session, owner, on=chosen.date, from_s=chosen.start_s - span, to_s=chosen.end_s + span)
    return strip_view(week_strip(times, week, timetable, chosen=chosen))


def _school_card(
    session: Session,
    page: MatchPage,
    group: SchoolClass | None,
    chosen: Moment | None,
    timetable: Timetable,
    now: datetime,
) -> Card:
    request, today = page.request, local_date(now)
    this_year, last_year = _visits_at(session, page, today)
    facts: list[tuple[str, str, str | None]] = [
        (_("Visits"), _("%(now)s this school year, %(before)s last", now=this_year, before=last_year), None)
    ]
    if this_year + last_year <= RARELY:
        facts.append(("", _("rarely reached"), "hurt"))
    since = standing_pairs(session, [page.school.id], [page.company.id], as_of=now).get(
        (page.school.id, page.company.id)
    )
    if since is not None:
        facts.append((_("Standing partners"), _("since %(day)s", day=format_date(since)), "good"))
    if page.classes:
        facts.append((_("Classes"), "; ".join(page.classes), None))
    if request.kind is not Kind.HYBRID_PLACEMENT:
        facts.append((_("Costs"), request.costs or _("the school said nothing about costs"), None))
    if request.kind is Kind.TEACHER_INTERNSHIP:
        there = None if request.details.get("leave_given") else "hurt"
        facts += [(_("Team leader"), leave_line(request.details), there)]
        facts += [(term, value, None) for term, value in goal_facts(request.details)]
    elif request.kind is Kind.HYBRID_PLACEMENT:
        facts += [(term, value, None) for term, value in vacancy_facts(request)]
    else:
        facts.append((_("In the room"), page.teacher.name, None))
    return Card(
        title=page.school.name,
        sub=" · ".join(
            part for part in (page.teacher.name, _group(request, group), _first(session, page, today)) if part
        ),
        strip=_class_strip(group, chosen, timetable) if group and chosen else None,
        facts=facts,
    )


def _group(request: Request, group: SchoolClass | None) -> str:
    code = request.level or ""
    said = group_name(Level(code), request.year, current_locale()) if code in set(Level) else ""
    return " · ".join(part for part in (group.name if group is not None else "", said) if part)


def _class_strip(group: SchoolClass, chosen: Moment, timetable: Timetable) -> dict[str, Any]:
    drawn = strip_view(class_strip(group.weekly_periods, Week.of(chosen.date), timetable, chosen))
    return drawn | {"label": _("Lessons of %(name)s in this week, the chosen one marked", name=group.name)}


def _first(session: Session, page: MatchPage, today: date) -> str:
    """Said of schools that ask for the first time this school year."""
    began = _began(school_year(today))
    query = select(func.count()).select_from(Request)
    query = query.where(Request.organisation_id == page.school.id, Request.published_at >= began)
    return _("first request this school year") if (session.scalar(query) or 0) <= 1 else ""


def _began(year: int) -> datetime:
    first = school_year_dates(year)[0]
    return datetime(first.year, first.month, first.day, tzinfo=AMSTERDAM).astimezone(UTC)


def _visits_at(session: Session, page: MatchPage, today: date) -> tuple[int, int]:
    """Visits agreed or held at this school in this school year and the one before, without this match."""
    year = school_year(today)
    query = (
        select(MatchMoment.day)
        .join(Match, Match.id == MatchMoment.match_id)
        .join(Request, Request.id == Match.request_id)
        .where(Request.organisation_id == page.school.id, Match.id != page.match.id, Match.state.in_(TAKES_PLACE))
        .where(MatchMoment.chosen, MatchMoment.day >= school_year_dates(year - 1)[0])
    )
    days = list(session.scalars(query))
    return sum(school_year(day) == year for day in days), sum(school_year(day) == year - 1 for day in days)


def _why(session: Session, match: Match) -> Why:
    """The suggestion this match came from, else the newest about the same two."""
    query = select(Suggestion, SuggestionRun.eligible, SuggestionRun.model).join(
        SuggestionRun, SuggestionRun.id == Suggestion.run_id
    )
    if match.suggestion_id is not None:
        query = query.where(Suggestion.id == match.suggestion_id)
    else:
        query = query.where(SuggestionRun.request_id == match.request_id, Suggestion.offer_id == match.offer_id)
    row = session.execute(query.order_by(Suggestion.id.desc()).limit(1)).first()
    if row is None:
        return Why()
    kept, eligible, model = row
    names = names_for(session, match.request_id, [kept])
    return Why(
        blocks=fit_blocks(kept.score, model),
        sentence=_("beforehand: %(words)s", words=fit_words(kept.score, model))
        if is_chance(model)
        else fit_words(kept.score, model),
        reasons=reasons_for(kept.reasons, kept.against, names),
        against=reason_lines(kept.against, names),
        others=max(0, eligible - 1),
    )


def _other_invitations(session: Session, match: Match) -> int:
    query = select(func.count()).select_from(Match)
    query = query.where(Match.request_id == match.request_id, Match.id != match.id)
    return session.scalar(query.where(Match.state == MatchState.PROPOSED)) or 0
