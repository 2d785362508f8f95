"""What happened to a thing since a page showed it: who, what and when, as far as the reader may see. Nothing writes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.policy import Actor
from matcher.coordination.serving_queries import node_of, seen_by, whole_tree
from matcher.coordination.wording import approval_words, spread_words
from matcher.errors import NotFound
from matcher.home.meanwhile import Meanwhile
from matcher.i18n import _, format_datetime
from matcher.matching.ball_queries import whose_turn
from matcher.matching.kept_queries import keeping
from matcher.matching.labels import KINDS, TONES
from matcher.matching.models import Match, MatchEvent
from matcher.matching.page_queries import happened_since
from matcher.matching.placement_wording import state_words
from matcher.matching.policy import sides_of
from matcher.matching.queries import match_for
from matcher.matching.states import Side
from matcher.offers.models import Offer, OfferRevision
from matcher.offers.queries import offer_for
from matcher.organisations import policy, queries
from matcher.organisations.wording import ACTIONS
from matcher.regions.models import RegionRule
from matcher.regions.policy import APPROVAL, SPREAD
from matcher.requests.models import Request, RequestRevision
from matcher.requests.queries import request_for

LATELY = timedelta(hours=1)
"""What is told when the form does not say when its page was made."""
MOST = 10


def meanwhile(
    session: Session,
    actor: Actor,
    about: Mapping[str, Any],
    *,
    shown: int | None,
    since: datetime | None,
    now: datetime,
) -> Meanwhile | None:
    """`about`: the numbers in the address; `shown`: the version on the page. None where nothing is known.

    Raises NotFound when the reader may not know the thing.
    """
    for name, tell in TELLERS.items():
        if name in about:
            return tell(session, actor, int(about[name]), shown, since or now - LATELY, now)
    return None


def _of_match(
    session: Session, actor: Actor, match_id: int, shown: int | None, since: datetime, now: datetime
) -> Meanwhile:
    match, facts = match_for(session, match_id, actor, now)
    if shown is None:
        before = select(MatchEvent.seq).where(MatchEvent.match_id == match.id, MatchEvent.at < since)
        shown = max(session.scalars(before), default=0)
    asked, sides = session.get_one(Request, match.request_id), sides_of(facts, actor)
    ways = [(_("Look at it as it is now"), f"/matches/{match.id}")]
    if actor.is_coordinator_of(match.region_id) and not sides - {Side.COORDINATOR}:
        ways.append((_("To everything that waits for approval"), "/coordination/approve"))
    return Meanwhile(
        title=asked.title,
        happened=happened_since(session, match, facts, actor, shown)[:MOST],
        ways=ways,
        state=state_words(facts),
        tone=TONES[match.state],
        next=whose_turn(match, facts, actor, now),
        keep=f"/matches/{match.id}/keep-in-mind" if keeping(session, match, asked, facts, sides) == "open" else "",
    )


def _of_request(
    session: Session, actor: Actor, request_id: int, shown: int | None, since: datetime, now: datetime
) -> Meanwhile:
    request = request_for(session, actor, request_id)
    events = []
    steps = select(Match.id, MatchEvent.seq).join(MatchEvent, MatchEvent.match_id == Match.id)
    steps = steps.where(Match.request_id == request.id, MatchEvent.at >= since).order_by(Match.id, MatchEvent.seq)
    for match_id in dict.fromkeys(row.id for row in session.execute(steps)):
        match, facts = match_for(session, match_id, actor, now)
        before = select(MatchEvent.seq).where(MatchEvent.match_id == match.id, MatchEvent.at < since)
        events += happened_since(session, match, facts, actor, max(session.scalars(before), default=0))
    revisions = (
        select(RequestRevision.at, User.name)
        .outerjoin(User, User.id == RequestRevision.by_id)
        .where(RequestRevision.request_id == request.id, RequestRevision.at >= since)
    )
    events += [_entry(at, _("The request was sent as it is now"), who) for at, who in session.execute(revisions)]
    if request.ended_at is not None and request.ended_at >= since:
        events.append(_entry(request.ended_at, _("The request ended")))
    ways = [(_("Look at it as it is now"), f"/requests/{request.id}")]
    return Meanwhile(title=request.title, happened=_newest(events), ways=ways)


def _of_offer(
    session: Session, actor: Actor, offer_id: int, shown: int | None, since: datetime, now: datetime
) -> Meanwhile:
    view = offer_for(session, actor, offer_id, locale="nl")
    offer: Offer = view.offer
    revisions = (
        select(OfferRevision.at, User.name)
        .outerjoin(User, User.id == OfferRevision.by_id)
        .where(OfferRevision.offer_id == offer.id, OfferRevision.at >= since)
    )
    events = [_entry(at, _("The offer was changed"), who) for at, who in session.execute(revisions)]
    if offer.changed_at >= since and not events:
        events.append(_entry(offer.changed_at, _("The offer was changed")))
    ways = [(_("Look at it as it is now"), f"/offers/{offer.id}")]
    if view.can_change:
        ways.append((_("Change it as it is now"), f"/offers/{offer.id}/edit"))
    return Meanwhile(title=offer.title, happened=_newest(events), ways=ways)


def _of_organisation(
    session: Session, actor: Actor, organisation_id: int, shown: int | None, since: datetime, now: datetime
) -> Meanwhile:
    place = queries.organisation(session, organisation_id)
    if not policy.can_see(actor, place):
        raise NotFound()
    tells = policy.can_confirm_members(actor, place)
    events = [
        _entry(step.entry.at, ACTIONS.get(step.entry.action, step.entry.action), step.user.name if step.user else None)
        for step in (queries.history(session, place.id, limit=MOST) if tells else ())
        if step.entry.at >= since
    ]
    ways = [(_("Look at it as it is now"), f"/organisations/{place.id}")]
    if policy.can_verify(actor, place):
        ways.append((_("To everything that waits for a check"), "/organisations/verify"))
    return Meanwhile(title=place.name, happened=events, ways=ways)


def _of_member(
    session: Session, actor: Actor, grant_id: int, shown: int | None, since: datetime, now: datetime
) -> Meanwhile | None:
    grant = session.get(Grant, grant_id)
    if grant is None or grant.organisation_id is None:
        return None
    return _of_organisation(session, actor, grant.organisation_id, shown, since, now)


def _of_region(
    session: Session, actor: Actor, region_id: int, shown: int | None, since: datetime, now: datetime
) -> Meanwhile:
    node = node_of(seen_by(whole_tree(session), actor), region_id)
    rules = (
        select(RegionRule, User.name)
        .outerjoin(User, User.id == RegionRule.set_by_id)
        .where(RegionRule.region_id == region_id, RegionRule.valid_from >= since)
    )
    events = [_entry(rule.valid_from, _rule_words(rule), who) for rule, who in session.execute(rules)]
    return Meanwhile(
        title=_("Rules of %(region)s", region=node.name),
        happened=_newest(events),
        ways=[(_("Look at the rules as they are now"), f"/coordination/region/{region_id}/rules")],
    )


TELLERS: dict[str, Callable[..., Meanwhile | None]] = {
    "match_id": _of_match,
    "request_id": _of_request,
    "offer_id": _of_offer,
    "organisation_id": _of_organisation,
    "grant_id": _of_member,
    "region_id": _of_region,
}
"""By the name of the number in an address."""


def _rule_words(rule: RegionRule) -> str:
    if rule.key == APPROVAL:
        kind = next((str(label) for kind, label in KINDS.items() if kind.value == rule.kind), "")
        return f"{kind} · {approval_words(rule.value)}".strip(" ·")
    return spread_words(rule.value) if rule.key == SPREAD else _("A rule was changed")


def _entry(at: datetime, text: Any, who: str | None = None) -> dict[str, Any]:
    return {"when": format_datetime(at), "iso": at.astimezone(UTC).isoformat(), "text": str(text), "who": who}


def _newest(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda entry: str(entry["iso"]), reverse=True)[:MOST]
