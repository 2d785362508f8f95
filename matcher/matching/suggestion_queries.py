"""Reads stored suggestion runs back: worded in the reader's language and judged again as things stand now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.availability.states import Kind
from matcher.availability.wording import moment_label
from matcher.i18n import current_locale
from matcher.matching.eligibility import OPEN_STATES, MomentState, Verdict, judge
from matcher.matching.suggestion_models import RequestTick, Suggestion, SuggestionRun
from matcher.matching.view_queries import offer_views, request_view
from matcher.matching.wording import (
    Names,
    change_sentence,
    fit_blocks,
    fit_words,
    moment_words,
    never_lines,
    never_sentence,
    reason_lines,
    reasons_for,
)
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.requests.models import Request, RequestMoment
from matcher.subjects.models import Topic

WHO: tuple[Any, ...] = (
    Offer.title,
    Offer.person_id,
    Offer.own_name,
    Offer.organisation_id,
    User.name.label("person"),
    User.function,
    Organisation.name.label("organisation"),
    Organisation.type,
    Organisation.place,
)


def verdicts(session: Session, request_id: int, offer_ids: Collection[int], *, now: datetime) -> dict[int, Verdict]:
    """Offer id → what holds now between this request and each offer. Raises NotFound for an unknown request."""
    request = request_view(session, request_id, now=now)
    views = offer_views(session, request, list(offer_ids), now=now)
    return {offer_id: judge(request, view, now=now) for offer_id, view in views.items()}


def latest_run(session: Session, request_id: int, *, any_revision: bool = False) -> SuggestionRun | None:
    """The newest run of the request as it reads now; of an earlier text only when that is asked for."""
    query = select(SuggestionRun).where(SuggestionRun.request_id == request_id)
    if not any_revision:
        query = query.join(Request, Request.id == SuggestionRun.request_id)
        query = query.where(SuggestionRun.request_revision == Request.revision)
    return session.scalars(query.order_by(SuggestionRun.as_of.desc(), SuggestionRun.id.desc()).limit(1)).one_or_none()


@dataclass(frozen=True)
class ShownMoment:
    id: int
    label: str
    state: str
    words: str

    @property
    def possible(self) -> bool:
        return MomentState(self.state) in OPEN_STATES


@dataclass(frozen=True)
class ShownSuggestion:
    """One candidate ready for a page. Without `names` the viewer may not know who it is: function and place remain."""

    suggestion_id: int
    offer_id: int
    offer_revision: int
    position: int
    score: float
    blocks: int
    fit: str
    title: str
    person: str | None
    person_id: int | None
    function: str | None
    organisation: str | None
    organisation_id: int
    place: str | None
    distance_km: float
    mode: str | None
    reasons: list[str]
    against: list[str]
    moments: list[ShownMoment]
    still_ok: bool
    never: list[str]
    is_new: bool  # got its place by lot


def shown(session: Session, run_id: int, *, now: datetime, names: bool = True) -> list[ShownSuggestion]:
    """The candidates of a run in their order, worded and judged again; a fixed number of statements."""
    run = session.get_one(SuggestionRun, run_id)
    rows = session.execute(_shown_query(run_id)).all()
    now_so = verdicts(session, run.request_id, [row.Suggestion.offer_id for row in rows], now=now)
    words = names_for(session, run.request_id, [row.Suggestion for row in rows])
    return [_shown(row.Suggestion, row, now_so.get(row.Suggestion.offer_id), words, names, run.model) for row in rows]


def worded(
    session: Session, request_id: int, kept: Sequence[Suggestion], *, model: str, now: datetime, names: bool = True
) -> list[ShownSuggestion]:
    """The same for suggestions that are not stored: of a draft that changes while somebody types."""
    ids = [each.offer_id for each in kept]
    query = select(Offer.id, *WHO).select_from(Offer).join(Organisation, Organisation.id == Offer.organisation_id)
    query = query.outerjoin(User, User.id == Offer.person_id).where(Offer.id.in_(ids))
    rows = {row.id: row for row in session.execute(query)}
    now_so = verdicts(session, request_id, ids, now=now)
    words = names_for(session, request_id, kept)
    return [
        _shown(each, rows[each.offer_id], now_so.get(each.offer_id), words, names, model)
        for each in kept
        if each.offer_id in rows
    ]


def _shown_query(run_id: int) -> Any:
    return (
        select(Suggestion, *WHO)
        .join(Offer, Offer.id == Suggestion.offer_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .outerjoin(User, User.id == Offer.person_id)
        .where(Suggestion.run_id == run_id)
        .order_by(Suggestion.position)
    )


def _shown(
    kept: Suggestion, row: Any, verdict: Verdict | None, words: Names, names: bool, model: str
) -> ShownSuggestion:
    states = verdict.moment_dict() if verdict else kept.moments
    private = row.type is OrganisationType.SELF_EMPLOYED or row.own_name
    return ShownSuggestion(
        suggestion_id=kept.id,
        offer_id=kept.offer_id,
        offer_revision=kept.offer_revision,
        position=kept.position,
        score=kept.score,
        blocks=fit_blocks(kept.score, model),
        fit=fit_words(kept.score, model),
        title=row.title,
        person=row.person if names else None,
        person_id=row.person_id,
        function=row.function,
        organisation=row.organisation if names and not private else None,
        organisation_id=row.organisation_id,
        place=row.place,
        distance_km=kept.distance_km if names else 5.0 * max(1, round(kept.distance_km / 5)),
        mode=verdict.mode.value if verdict and verdict.mode else None,
        reasons=reasons_for(kept.reasons, kept.against, words),
        against=reason_lines(kept.against, words),
        moments=[
            ShownMoment(int(key), words.moments[int(key)], state, moment_words(state))
            for key, state in states.items()
            if int(key) in words.moments
        ],
        still_ok=verdict is not None and verdict.ok,
        never=[never_sentence(code, words.kind) for code in verdict.never] if verdict else [],
        is_new=kept.propensity < 1,
    )


def names_for(session: Session, request_id: int, suggestions: Collection[Suggestion]) -> Names:
    """What the topics and moments in stored reasons are called."""
    mentioned = [reason for kept in suggestions for reason in (*kept.reasons, *kept.against)]
    return names_of(session, request_id, {params.get("topic") for _code, params in mentioned} - {None})


def names_of(session: Session, request_id: int, topic_ids: Collection[Any]) -> Names:
    name = Topic.nl if current_locale() == "nl" else Topic.en
    topics = {row[0]: row[1] for row in session.execute(select(Topic.id, name).where(Topic.id.in_(topic_ids)))}
    query = select(RequestMoment).where(RequestMoment.request_id == request_id).order_by(RequestMoment.start_s)
    moments = {moment.id: moment_label(moment.day, moment.periods) for moment in session.scalars(query)}
    return Names(topics, moments, session.get_one(Request, request_id).kind)


def changes_shown(run: SuggestionRun) -> list[str]:
    return [change_sentence(change) for change in run.smallest_change]


def never_shown(run: SuggestionRun, kind: Kind = Kind.GUEST_LECTURE) -> list[tuple[str, int]]:
    return never_lines(run.never, kind)


def with_ticks_to_ask(session: Session, request_ids: Sequence[int]) -> set[int]:
    """Of these requests those with a ticked person who was not asked yet."""
    return set(session.scalars(_with_ticks_to_ask(), {"ids": request_ids}))


@cache
def _with_ticks_to_ask() -> Select[int]:
    """Written once: putting a statement together takes longer than asking it."""
    query = select(RequestTick.request_id).where(RequestTick.request_id.in_(bindparam("ids", expanding=True)))
    return query.where(RequestTick.asked_at.is_(None))
