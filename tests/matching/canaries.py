"""Somebody who wrote an unmistakable word into everything that people can write, and a look into every table for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from matcher.accounts.models import SecondContact, User
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.services import issue_link, open_session
from matcher.accounts.states import Role
from matcher.accounts.tokens import Purpose
from matcher.availability.models import AvailabilityException, BusyCalendar, WeeklyPattern
from matcher.availability.states import ExceptionKind, OwnerType
from matcher.coordination.models import ImportMapping
from matcher.db import Base
from matcher.matching.feed_services import renew_feed
from matcher.matching.models import Match
from matcher.matching.proposal_services import propose
from matcher.matching.runbook_services import fill_in
from matcher.matching.runbooks import Item
from matcher.matching.services import accept_match, approve_match, decline_match, post_message
from matcher.matching.states import DeclineReason, Side
from matcher.matching.visit_services import report_visit
from matcher.notices.models import MailChoice, RefusedAddress
from matcher.notices.recipients import Recipient
from matcher.notices.services import enqueue
from matcher.notices.states import Rhythm
from matcher.offers.models import OfferRevision
from matcher.offers.services import refresh_search_key, snapshot
from matcher.organisations.columns import ImportKind
from matcher.organisations.mailer import ask_verification
from matcher.organisations.models import Organisation
from matcher.requests.models import Request
from matcher.requests.revision_services import record_revision
from matcher.requests.states import RequestState
from matcher.safeguarding.models import Block, Proof, ReportOfConcern
from matcher.safeguarding.states import ProofType
from tests.factories import NOW
from tests.factories.matching import make_request
from tests.factories.people import make_board, make_company, make_grant, make_user
from tests.matching.lives import Life, another_offer, make_life

TOKEN = "kanarie"
"""In every text; nothing else in the world has it."""
NAME, EMAIL, PHONE = "Kanarie van Geel", "Kanarie.Geel@vogels.example", "06-55512349"
BEFORE = NOW - timedelta(days=40)
PAST = date(2026, 11, 5)
AFTERWARDS = NOW - timedelta(days=16)


@dataclass
class Canary:
    """Ids: the person, what is ahead (theirs to teach, theirs to give) and what is over."""

    user_id: int
    school_id: int
    colleague_id: int
    guest_id: int
    teaching: int
    giving: int
    held: int
    asked: int
    draft: int
    open_concern: int


def make_canary(session: Session, *, colleague: bool = True) -> Canary:
    """A teacher who is a professional as well, with visits ahead and behind, and a word in every text."""
    life = make_life(session, guests=3)
    other = make_user(session, name="Willem Wissel")
    if colleague:
        make_grant(session, other, Role.SCHOOL_LEAD, organisation=life.school)
    person = make_user(session, name=NAME, email=EMAIL, phone=PHONE, function=_("vogelaar"), password_hash="x")
    person.email_key = EMAIL.casefold()
    make_grant(session, person, Role.TEACHER, organisation=life.school)
    own = make_company(
        session, self_employed=True, name=NAME, name_key=NAME.casefold(), website="https://kanarie.example"
    )
    make_grant(session, person, Role.PROFESSIONAL, organisation=own)
    ask_verification(session, organisation=own, user=person, now=NOW)
    by_address = Recipient(user_id=None, email=EMAIL, name=NAME, locale="nl")
    enqueue(session, recipient=by_address, template="accounts/confirm_address", params={"path": "/", "name": NAME},
            subject="link", subject_id=1, seq=1, now=NOW, channels=("mail",))  # fmt: skip
    session.flush()
    me = actor_for(session, person.id)
    teaching, asked = _asks(session, life, me)
    held = _held(session, life, me)
    giving = _gives(session, life, me, own)
    draft = make_request(
        session, school=life.school, teacher=person, state=RequestState.DRAFT, published_at=None,
        title=_("concept"), own_words=_("klad"), details={"topic_text": _("natuur"), "page": "abc"},
    )  # fmt: skip
    concern = _keeps(session, life, person, other)
    return Canary(
        person.id,
        life.school.id,
        other.id,
        life.guest(0).user_id or 0,
        teaching,
        giving,
        held,
        asked,
        draft.id,
        concern,
    )


def _(word: str) -> str:
    return f"{word} {TOKEN}{word}"


def _request(session: Session, life: Life, me: Actor, **fields: Any) -> Request:
    person = session.get_one(User, me.user_id)
    texts = {"title": _("aanvraag"), "own_words": _("graag komen, liefst vroeg; bel me"), "costs": _("reis")}
    request = make_request(
        session, school=life.school, teacher=person, details={"topic_text": _("wind"), "block": 1}, **texts, **fields
    )
    request.revision = 2
    session.flush()
    record_revision(session, request, by_id=me.user_id, now=BEFORE)
    return request


def _match(session: Session, life: Life, request: Request, number: int, me: Actor, now: Any) -> Match:
    return propose(session, request_id=request.id, offer_id=life.offers[number].id, side=Side.SCHOOL, actor=me, now=now)


def _asks(session: Session, life: Life, me: Actor) -> tuple[int, int]:
    """An approved visit ahead at the person's own class, with everything around it, and an open invitation."""
    request = _request(session, life, me)
    match = _match(session, life, request, 0, me, NOW)
    accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(0), now=NOW)
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)
    post_message(session, match.id, body=_("waar kan ik parkeren, bel " + PHONE), actor=me, now=NOW)
    fill_in(session, match.id, {Item.ROOM: _("lokaal"), Item.ADULT: NAME}, version=0, actor=me, now=NOW)
    other = _request(session, life, me)
    return match.id, _match(session, life, other, 1, me, NOW).id


def _held(session: Session, life: Life, me: Actor) -> int:
    """A visit that took place and was counted."""
    request = _request(session, life, me, moments=[(PAST, "10:15", "11:05")])
    match = _match(session, life, request, 2, me, BEFORE)
    accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=life.guest(2), now=BEFORE)
    approve_match(session, match.id, actor=life.actor(life.coordinator), now=BEFORE)
    for actor in (me, life.guest(2)):
        words = {"note": _("verslag"), "thanks": _("bedankt")} if actor is me else {}
        report_visit(
            session, match.id, happened=True, again=True, pupils=28, hours=2, actor=actor, now=AFTERWARDS, **words
        )
    return match.id


def _gives(session: Session, life: Life, me: Actor, own: Organisation) -> int:
    """An open offer, a visit of the person's own that was approved, and an invitation declined with words."""
    person = session.get_one(User, me.user_id)
    words = {"title": _("les"), "description": _("we meten samen")}
    offer = another_offer(session, person=person, company=own, details={"minutes": 50, "materials": _("lijm")}, **words)
    offer.revision = 2
    session.flush()
    session.add(
        OfferRevision(offer_id=offer.id, revision=2, at=NOW, by_id=person.id, snapshot=snapshot(session, offer))
    )
    refresh_search_key(session, offer.id, now=NOW)
    approved = None
    for decline in (True, False):
        request = make_request(session, moments=[(date(2026, 12, 15), "13:00", "13:50")])
        asker = actor_for(session, request.asked_by_id)
        match = propose(session, request_id=request.id, offer_id=offer.id, side=Side.SCHOOL, actor=asker, now=NOW)
        if decline:
            decline_match(session, match.id, reason=DeclineReason.OTHER, note=_("geen zin"), actor=me, now=NOW)
            continue
        accept_match(session, match.id, moment_id=life.moments(match)[0].id, actor=me, now=NOW)
        approved = approve_match(session, match.id, actor=life.actor(life.coordinator), now=NOW)
    assert approved is not None
    return approved.id


def _keeps(session: Session, life: Life, person: User, other: User) -> int:
    """What belongs to an account: sessions, links, calendar, absences, choices, proofs, blocks, concerns."""
    me, board = actor_for(session, person.id), make_board(session)
    open_session(session, user_id=person.id, agent=_("browser"), now=NOW)
    issue_link(session, purpose=Purpose.SIGN_IN, user_id=person.id, now=NOW)
    issue_link(session, purpose=Purpose.CONFIRM_ADDRESS, subject={"email": EMAIL, "name": NAME}, now=NOW)
    renew_feed(session, actor=me, now=NOW, key="k")
    mine = {"owner_type": OwnerType.PERSON, "owner_id": person.id}
    session.add_all(
        [
            AvailabilityException(**mine, start_s=1, end_s=2, kind=ExceptionKind.BUSY, source="own", note=_("vrij")),
            WeeklyPattern(**mine, valid_from=PAST, usually=[0] * 7, never=[0] * 7, changed_at=NOW),
            BusyCalendar(user_id=person.id, read_at=NOW, before=[[1, 2]]),
            ImportMapping(user_id=person.id, kind=ImportKind.PEOPLE, shape="a", mapping={_("kop"): ""}, changed_at=NOW),
            MailChoice(user_id=person.id, rhythm=Rhythm.AT_ONCE, changed_at=NOW),
            RefusedAddress(address=EMAIL.casefold(), reply=_("550"), refused_at=NOW),
            SecondContact(user_id=other.id, organisation_id=life.school.id, colleague_id=person.id, named_at=NOW),
            Proof(user_id=person.id, board_id=board.id, type=next(iter(ProofType)), seen_by_id=other.id, seen_at=NOW,
                  issued_on=PAST, valid_until=date(2027, 1, 1)),
            Block(by_user_id=person.id, of_user_id=other.id, at=NOW),
            ReportOfConcern(by_id=person.id, body=_("dit klopt niet"), at=NOW, handled_at=NOW, handled_by_id=other.id),
        ]
    )  # fmt: skip
    waiting = ReportOfConcern(by_id=person.id, body="Een leerling was bang.", at=NOW)
    session.add(waiting)
    session.flush()
    return waiting.id


def hits(session: Session, tokens: Iterable[str]) -> list[str]:
    """Where one of these stands, in whatever column of whatever table: the raw rows, as the database has them."""
    wanted = [token.casefold() for token in tokens]
    found = []
    for table in Base.metadata.sorted_tables:
        # The names of our own tables.
        for row in session.execute(text(f"select * from {table.name}")).mappings():
            for column, value in row.items():
                said = str(value).casefold()
                found += [f"{table.name}.{column}: {said[:160]}" for token in wanted if token in said]
    return found
