"""Browsing open offers: by typed words and by what is chosen. The list, the map and the counts read one selection."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.availability.states import Delivery, Kind
from matcher.offers.models import Offer, OfferTopic, OfferWord
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.regions.geo import EARTH_RADIUS_KM
from matcher.subjects.finding import AROUND, KIND, LEVEL, PLACE, REGION, Search, Sought, word_points
from matcher.subjects.finding_queries import understood
from matcher.subjects.levels import LEVEL_BITS, Level
from matcher.subjects.lexicon import number_of
from matcher.subjects.lexicon_queries import lexicon
from matcher.subjects.models import Topic, TopicType
from matcher.subjects.queries import related

KM_PER_DEGREE = math.radians(EARTH_RADIUS_KM)
AROUND_KM = 20
IN_TOWN_KM = 5
Point = tuple[float, float]


@dataclass(frozen=True)
class Chosen:
    """What somebody browses by. `search` is the typed text understood, `here` where the reader's school is."""

    search: Search = field(default_factory=Search)
    topics: tuple[int, ...] = ()
    kind: Kind | None = None
    level: Level | None = None
    delivery: Delivery | None = None
    km: int | None = None
    spot: tuple[Point, Point] | None = None
    here: Point | None = None
    nearest: bool = False

    def without(self, name: str) -> "Chosen":
        """As if this one had not been chosen."""
        return replace(self, **{name: getattr(Chosen(), name)})

    def without_search(self) -> "Chosen":
        return replace(self, search=Search())


def searched(session: Session, text: str, locale: str, *, names: bool) -> Search:
    """A typed text, understood with the words of open offers."""
    if not text:
        return Search()

    def holders(words: Collection[str]) -> Mapping[str, int]:
        return _holders(session, words)

    return understood(session, text, locale, lexicon=lexicon(session), holders=holders, names=names)


def _holders(session: Session, words: Collection[str]) -> dict[str, int]:
    if not words:
        return {}
    numbers = {number_of(word): word for word in words}
    query = select(OfferWord.term_id, func.count()).where(OfferWord.term_id.in_(numbers)).group_by(OfferWord.term_id)
    return {numbers[number]: count for number, count in session.execute(query)}


def everything() -> Select[Any]:
    """Open offers of checked organisations and confirmed people."""
    confirmed = select(Grant.id).where(
        Grant.user_id == Offer.person_id,
        Grant.organisation_id == Offer.organisation_id,
        Grant.confirmed_at.is_not(None),
        Grant.ended_at.is_(None),
    )
    return (
        select(Offer)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Offer.state == OfferState.OPEN, Organisation.verified_at.is_not(None))
        .where(Organisation.stopped_at.is_(None), Organisation.ended_at.is_(None))
        .where(or_(Offer.person_id.is_(None), confirmed.exists()))
        .where(or_(User.id.is_(None), and_(User.stopped_at.is_(None), User.erased_at.is_(None))))
    )


def selection(session: Session, chosen: Chosen) -> Select[Any]:
    """The offers that answer, in order. With typed words: those that answer the most of them, the best first."""
    query = _filtered(session, chosen)
    order: list[Any] = [Offer.changed_at.desc(), Offer.id.desc()]
    if chosen.here is not None and chosen.nearest:
        order.insert(0, flat_square(chosen.here))
    scores = _scores(session, chosen.search)
    if scores is None:
        return query.where(Offer.id < 0) if chosen.search.words else query.order_by(*order)
    query = query.join(scores, scores.c.offer_id == Offer.id)
    most = session.scalar(query.with_only_columns(func.max(scores.c.answered)).order_by(None))
    order.insert(1 if chosen.nearest and chosen.here else 0, scores.c.points.desc())
    return query.where(scores.c.answered == (most or 0)).order_by(*order)


def _filtered(session: Session, chosen: Chosen) -> Select[Any]:
    query = everything()
    for topic in chosen.topics:
        near = select(OfferTopic.offer_id).where(OfferTopic.topic_id.in_(list(related(session, [topic]))))
        query = query.where(Offer.id.in_(near))
    if chosen.kind is not None:
        query = query.where(Offer.kind == chosen.kind)
    if chosen.level is not None:
        query = query.where(Offer.level_mask.bitwise_and(LEVEL_BITS[chosen.level]) != 0)
    if chosen.delivery is not None:
        both = (chosen.delivery, Delivery.EITHER)
        query = query.where(Offer.delivery.in_(both if chosen.delivery is not Delivery.AT_COMPANY else both[:1]))
    if chosen.km is not None and chosen.here is not None:
        online = Offer.delivery.in_((Delivery.ONLINE, Delivery.EITHER))
        query = query.where(or_(online, flat_square(chosen.here) <= float(chosen.km) ** 2))
    return query


def inside(query: Select[Any], spot: tuple[Point, Point] | None) -> Select[Any]:
    """Of a selection what lies in one square of the map."""
    if spot is None:
        return query
    (south, west), (north, east) = spot
    return query.where(Offer.lat >= south, Offer.lat < north, Offer.lon >= west, Offer.lon < east)


def flat_square(here: Point) -> ColumnElement[Any]:
    """Squared distance to an offer in kilometres, on the map laid flat around `here`: right to half a per cent."""
    lat, lon = here
    wide = KM_PER_DEGREE * math.cos(math.radians(lat))
    up, right = (Offer.lat - lat) * KM_PER_DEGREE, (Offer.lon - lon) * wide
    return up * up + right * right


def _scores(session: Session, search: Search) -> Subquery | None:
    """offer_id, how many of the typed things it answers, and with how many points. None when nothing answers."""
    if not search.words:
        return None
    of = session.scalar(select(func.count()).where(Offer.state == OfferState.OPEN)) or 0
    answers = [
        answer for number, word in enumerate(search.words) for answer in _answers(word, number, search.holders, of)
    ]
    if not answers:
        return None
    every = union_all(*answers).subquery()
    each = (
        select(every.c.offer_id, every.c.word, func.sum(every.c.points).label("points"))
        .group_by(every.c.offer_id, every.c.word)
        .subquery()
    )
    total = select(each.c.offer_id, func.count().label("answered"), func.sum(each.c.points).label("points"))
    return total.group_by(each.c.offer_id).subquery()


def _answers(word: Sought, number: int, holders: Mapping[str, int], of: int) -> list[Select[Any]]:
    """Per way to answer one typed word: the offers and the most points each gets for it."""
    found = []
    points = {number_of(each): value for each, value in word_points(word, holders, of).items()}
    if points:
        most = func.max(case(points, value=OfferWord.term_id) * OfferWord.weight)
        found.append(_answer(OfferWord.offer_id, number, most, OfferWord.term_id.in_(points)))
    if word.topics:
        most = func.max(case(word.topics, value=OfferTopic.topic_id))
        found.append(_answer(OfferTopic.offer_id, number, most, OfferTopic.topic_id.in_(word.topics)))
    for condition, value in _plain(word):
        found.append(_answer(Offer.id, number, func.max(literal_column(str(value))), condition))
    return found


def _plain(word: Sought) -> list[tuple[ColumnElement[bool], int]]:
    found: list[tuple[ColumnElement[bool], int]] = []
    if word.kind:
        found.append((Offer.kind == Kind(word.kind), KIND))
    if word.level_mask:
        found.append((Offer.level_mask.bitwise_and(word.level_mask) != 0, LEVEL))
    if word.regions:
        inside = select(Organisation.id).where(Organisation.region_id.in_(word.regions))
        found.append((Offer.organisation_id.in_(inside), REGION))
    if word.around:
        found.append((flat_square(word.around) <= float(IN_TOWN_KM) ** 2, PLACE))
        found.append((flat_square(word.around) <= float(AROUND_KM) ** 2, AROUND))
    return found


def _answer(offer_id: Any, number: int, points: ColumnElement[Any], condition: ColumnElement[bool]) -> Select[Any]:
    named: Any = literal_column(str(number)).label("word")
    return select(offer_id.label("offer_id"), named, points.label("points")).where(condition).group_by(offer_id)


def count_of(session: Session, chosen: Chosen) -> int:
    """How many a selection finds, in its square of the map."""
    query = inside(selection(session, chosen), chosen.spot).order_by(None)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def points_of(session: Session, query: Select[Any]) -> Sequence[tuple[float, float, int]]:
    """(lat, lon, how many) of everything that a selection finds: for the map."""
    where = query.with_only_columns(Offer.lat, Offer.lon, func.count()).order_by(None).group_by(Offer.lat, Offer.lon)
    return [(float(lat), float(lon), int(count)) for lat, lon, count in session.execute(where)]


def topics_offered(session: Session, locale: str) -> dict[TopicType, list[tuple[int, str]]]:
    """Topics that open offers have, by type, in the order of the alphabet: (id, name)."""
    name = Topic.nl if locale == "nl" else Topic.en
    query = select(Topic.id, Topic.type, name).where(
        Topic.id.in_(select(OfferTopic.topic_id).join(Offer, Offer.id == OfferTopic.offer_id)
                     .where(Offer.state == OfferState.OPEN))
    )  # fmt: skip
    found: dict[TopicType, list[tuple[int, str]]] = {type_: [] for type_ in TopicType}
    for number, type_, text in session.execute(query):
        found[type_].append((number, text))
    for rows in found.values():
        rows.sort(key=lambda row: (row[1].casefold(), row[0]))
    return found
