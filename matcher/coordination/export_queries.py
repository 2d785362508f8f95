"""Everything of a region as tables, under the same column names the import knows. A fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from matcher.accounts.models import Grant, User
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES
from matcher.availability.states import Delivery, Kind
from matcher.coordination.term_export_queries import term_matches, term_offers, term_requests
from matcher.coordination.workbook import Table
from matcher.i18n import _, _l, current_locale
from matcher.matching.labels import STATES
from matcher.matching.models import Match, MatchMoment, VisitReport
from matcher.matching.states import REGISTERED, MatchState, Side
from matcher.offers.models import Offer, OfferTopic
from matcher.offers.queries import FOR_ONE
from matcher.offers.states import OfferState
from matcher.organisations.columns import FIELDS, ImportKind
from matcher.organisations.models import Organisation
from matcher.organisations.roles import LABELS as ROLES
from matcher.organisations.states import OrganisationType
from matcher.requests.models import Request
from matcher.requests.states import RequestState
from matcher.subjects.levels import Level, level_name
from matcher.subjects.models import Topic

TYPES: dict[OrganisationType, Any] = {
    OrganisationType.SCHOOL: _l("school"),
    OrganisationType.COMPANY: _l("company"),
    OrganisationType.SELF_EMPLOYED: _l("self-employed"),
}
WAYS: dict[Delivery, Any] = {
    Delivery.ON_SITE: _l("at school"),
    Delivery.ONLINE: _l("online"),
    Delivery.EITHER: _l("at school or online"),
    Delivery.AT_COMPANY: _l("at the company"),
}
OFFER_STATES: dict[OfferState, Any] = {
    OfferState.DRAFT: _l("draft"),
    OfferState.OPEN: _l("open"),
    OfferState.WITHDRAWN: _l("withdrawn"),
}
REQUEST_STATES: dict[RequestState, Any] = {
    RequestState.DRAFT: _l("draft"),
    RequestState.OPEN: _l("open"),
    RequestState.WITHDRAWN: _l("withdrawn"),
    RequestState.CLOSED: _l("closed"),
}
Wheres = Collection[int]


def region_tables(session: Session, region_ids: Wheres) -> list[Table]:
    """Organisations, people, lessons, requests and visits of these regions, then internships and placements; in the
    reader's language."""
    sectors = dict(session.execute(select(Topic.id, Topic.nl if current_locale() == "nl" else Topic.en)).all())
    terms = (
        term_offers(session, region_ids, OFFER_STATES),
        term_requests(session, region_ids, REQUEST_STATES),
        term_matches(session, region_ids),
    )
    return [
        _organisations(session, region_ids, sectors),
        _people(session, region_ids),
        _offers(session, region_ids, sectors),
        _requests(session, region_ids),
        _visits(session, region_ids),
        *(table for table in terms if table.rows),
    ]


def _head(kind: ImportKind, codes: Iterable[str], *more: Any) -> list[str]:
    labels = {field.code: field.label for field in FIELDS[kind]}
    return [*(str(labels[code]) for code in codes), *map(str, more)]


def _yes(value: Any) -> str:
    return _("yes") if value else ""


def _here(region_ids: Wheres) -> Any:
    return and_(
        Organisation.region_id.in_(region_ids),
        Organisation.type != OrganisationType.BOARD,
        Organisation.ended_at.is_(None),
    )


_WHERE = ("type", "organisation", "brin", "location", "kvk", "postcode")


def _where(place: Organisation) -> list[Any]:
    return [TYPES[place.type], place.name, place.brin, place.location, place.kvk, place.postcode]


def _organisations(session: Session, region_ids: Wheres, sectors: dict[int, str]) -> Table:
    codes = (*_WHERE, "place", "street", "sector", "size", "website", "do_not_approach")
    rows: list[Sequence[Any]] = [
        (
            *_where(place),
            place.place,
            place.street,
            sectors.get(place.sector_id or 0),
            place.size,
            place.website,
            _yes(place.do_not_approach_at),
            place.verified_at.date() if place.verified_at else None,
        )
        for place in session.scalars(select(Organisation).where(_here(region_ids)).order_by(Organisation.id))
    ]
    return Table(_("Organisations"), _head(ImportKind.PEOPLE, codes, _("Checked on")), rows)


def _people(session: Session, region_ids: Wheres) -> Table:
    codes = (*_WHERE, "name", "email", "phone", "function", "role", "do_not_approach")
    query = (
        select(User, Grant, Organisation)
        .join(Grant, Grant.user_id == User.id)
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .where(_here(region_ids), Grant.ended_at.is_(None), Grant.role.in_(SCHOOL_ROLES | COMPANY_ROLES))
        .where(User.erased_at.is_(None), User.stopped_at.is_(None))
        .order_by(Organisation.id, User.id, Grant.id)
    )
    rows: list[Sequence[Any]] = [
        (
            *_where(place),
            user.name,
            user.email,
            user.phone,
            user.function,
            ROLES[grant.role],
            _yes(user.do_not_approach_at),
            _yes(grant.confirmed_at),
        )
        for user, grant, place in session.execute(query)
    ]
    return Table(_("People"), _head(ImportKind.PEOPLE, codes, _("Confirmed")), rows)


def _offers(session: Session, region_ids: Wheres, topics: dict[int, str]) -> Table:
    texts = ("title", "description", "topics", "levels", "languages", "delivery")
    numbers = ("travel_km", "notice_days", "yearly_cap", "minutes", "group_most")
    codes = ("organisation", "kvk", "postcode", "email", *texts, *numbers, "state")
    query = (
        select(Offer, Organisation, User)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(_here(region_ids), Offer.kind == Kind.GUEST_LECTURE)
        .order_by(Offer.id)
    )
    found = [row for row in session.execute(query) if not {REGISTERED, FOR_ONE} & row[0].details.keys()]
    about: dict[int, list[str]] = defaultdict(list)
    inside = select(OfferTopic).join(Offer, Offer.id == OfferTopic.offer_id)
    inside = inside.join(Organisation, Organisation.id == Offer.organisation_id).where(_here(region_ids))
    for link in session.scalars(inside.order_by(OfferTopic.topic_id)):
        about[link.offer_id].append(topics[link.topic_id])
    rows: list[Sequence[Any]] = [
        (
            place.name,
            place.kvk,
            place.postcode,
            user.email if user else None,
            offer.title,
            offer.description,
            "; ".join(about[offer.id]),
            "; ".join(level_name(Level(level), current_locale()) for level in offer.levels),
            ", ".join(offer.languages),
            WAYS[offer.delivery],
            offer.travel_km,
            offer.notice_days,
            offer.yearly_cap,
            offer.details.get("minutes"),
            offer.details.get("group_most"),
            OFFER_STATES[offer.state],
            user.name if user else None,
        )
        for offer, place, user in found
    ]
    return Table(_("Offers"), _head(ImportKind.OFFERS, codes, _("Given by")), rows)


def _requests(session: Session, region_ids: Wheres) -> Table:
    query = (
        select(Request, Organisation)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .where(Request.region_id.in_(region_ids), Request.state != RequestState.DRAFT)
        .where(Request.kind == Kind.GUEST_LECTURE)
        .order_by(Request.id)
    )
    rows: list[Sequence[Any]] = [
        (
            place.name,
            place.brin,
            place.location,
            request.title,
            request.own_words,
            level_name(Level(request.level), current_locale()) if request.level in set(Level) else None,
            request.year,
            request.group_size,
            request.window_from,
            request.window_to,
            REQUEST_STATES[request.state],
        )
        for request, place in session.execute(query)
    ]
    codes = ("school", "brin", "location", "title")
    more = (_("In their own words"), _("Level"), _("Year"), _("Pupils"), _("First day"), _("Last day"), _("State"))
    return Table(_("Requests"), _head(ImportKind.VISITS, codes, *more), rows)


def _visits(session: Session, region_ids: Wheres) -> Table:
    codes: tuple[str, ...] = ("day", "starts", "ends", "school", "brin", "location", "teacher_email", "guest_email")
    codes += ("organisation", "kvk", "postcode", "title", "level", "pupils", "hours", "happened")
    school, company = aliased(Organisation), aliased(Organisation)
    teacher, guest = aliased(User), aliased(User)
    pupils, hours = aliased(VisitReport), aliased(VisitReport)
    query = (
        select(MatchMoment, Match, Request, school, company, teacher.email, guest.email, pupils.pupils, hours.hours)
        .select_from(Match)
        .join(MatchMoment, and_(MatchMoment.match_id == Match.id, MatchMoment.chosen))
        .join(Request, Request.id == Match.request_id)
        .join(Offer, Offer.id == Match.offer_id)
        .join(school, school.id == Request.organisation_id)
        .join(company, company.id == Offer.organisation_id)
        .outerjoin(teacher, and_(teacher.id == Match.teacher_id, teacher.erased_at.is_(None)))
        .outerjoin(guest, and_(guest.id == Match.professional_id, guest.erased_at.is_(None)))
        .outerjoin(pupils, and_(pupils.match_id == Match.id, pupils.side == Side.SCHOOL))
        .outerjoin(hours, and_(hours.match_id == Match.id, hours.side == Side.COMPANY))
        .where(Match.region_id.in_(region_ids), Match.kind == Kind.GUEST_LECTURE)
        .where(Match.state.in_((MatchState.APPROVED, MatchState.HELD, MatchState.MISSED)))
        .order_by(MatchMoment.start_s, Match.id)
    )
    took_place = {MatchState.HELD: _("yes"), MatchState.MISSED: _("no")}
    rows: list[Sequence[Any]] = [
        (
            moment.day,
            moment.starts,
            moment.ends,
            at.name,
            at.brin,
            at.location,
            teacher_mail,
            guest_mail,
            by.name,
            by.kvk,
            by.postcode,
            request.title,
            _level(request),
            reached,
            given,
            took_place.get(match.state),
            STATES[match.state],
        )
        for moment, match, request, at, by, teacher_mail, guest_mail, reached, given in session.execute(query)
    ]
    return Table(_("Visits"), _head(ImportKind.VISITS, codes, _("State")), rows)


def _level(request: Request) -> str | None:
    if request.level not in set(Level):
        return None
    name = level_name(Level(request.level), current_locale())
    return f"{request.year} {name}" if request.year else name
