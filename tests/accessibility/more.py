"""What the crowd of tests/web does not have: stays, placements, links from mails, a list and a calendar handed in."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.services import issue_link, open_session
from matcher.accounts.tokens import Purpose
from matcher.links import Links
from matcher.matching.answer_links import AnswerLink, answer_path
from matcher.matching.models import Match, MatchMoment
from matcher.notices.states import Stop
from matcher.notices.stop_links import stop_path
from tests.availability.calendars import calendar, event
from tests.coordination.lists import csv_of
from tests.coordination.test_import import HEAD, NOOR, PIET
from tests.factories import NOW
from tests.matching.lives import make_life
from tests.matching.stays import make_stay
from tests.matching.terms import THURSDAY, TUESDAY, make_term
from tests.matching.test_employer import life_with_employer, mails, said_yes, secret_of
from tests.web.crowd import LATER, Crowd

Sent = dict[str, Any] | None
LED_TO = ""
"""The address where the step before went on to."""


@dataclass
class More:
    """Steps that each lead to a page: who, which address, and what they send to it, if anything."""

    crowd: Crowd
    steps: list[tuple[str, str, Sent]] = field(default_factory=list)

    def sees(self, viewer: str, *paths: str) -> None:
        self.steps += [(viewer, path, None) for path in paths]

    def sends(self, viewer: str, path: str, **data: Any) -> None:
        self.steps.append((viewer, path, data))

    def person(self, session: Session, name: str, user: User) -> str:
        self.crowd.people[name] = user.id
        self.crowd.tokens[name] = open_session(session, user_id=user.id, agent="test", now=NOW)
        return name


def make_more(crowd: Crowd) -> More:
    more = More(crowd)
    links = Links(crowd.app.extensions["matcher_settings"].require_secret())
    with crowd.database.write() as session:
        _placements(session, more)
        _stays(session, more)
        _links(session, more, links)
        _answers(session, more, links)
    _by_hand(more)
    crowd.keep()
    return more


def _placements(session: Session, more: More) -> None:
    term = make_term(session)
    placement = term.introduced()
    open_term = make_term(session)
    asked = open_term.asked(open_term.person(TUESDAY, THURSDAY))
    lead, other = (
        more.person(session, name, one.lead) for name, one in (("term_lead", term), ("open_lead", open_term))
    )
    guest = more.person(session, "term_guest", session.get_one(User, placement.professional_id))
    offer = open_term.person(TUESDAY, THURSDAY)
    more.sees(lead, f"/requests/{term.request.id}", f"/matches/{placement.id}")
    more.sees(other, "/requests/new/vacancy")
    more.sees(other, f"/requests/{open_term.request.id}", f"/matches/{asked.id}")
    more.sees(guest, f"/matches/{placement.id}", "/matches", "/dashboard")
    more.sees(lead, f"/matches/{placement.id}/trial-lesson")
    more.sees(other, f"/requests/{open_term.request.id}/trial-lesson?offer={offer.id}")


def _stays(session: Session, more: More) -> None:
    stay = make_stay(session)
    stay.place()
    stay.place()
    request = stay.request()
    asked, agreed = stay.asked(request), stay.approved(stay.request(), 1)
    teacher = more.person(session, "stay_teacher", stay.teacher)
    contact = more.person(session, "stay_contact", stay.contacts[0])
    more.sees(teacher, f"/requests/{request.id}", f"/matches/{asked.id}", f"/matches/{agreed.id}", "/requests")
    more.sees(contact, f"/matches/{asked.id}", "/matches", "/offers", "/availability/away")


def _links(session: Session, more: More, links: Links) -> None:
    """Links that still work; the dead ones are among the addresses of the routes."""
    people = more.crowd.people
    starts = {"email": "new@demo.example", "name": "Nel", "locale": "nl", "password_hash": "x", "start": "teacher"}
    made = {
        "/accounts/confirm/": issue_link(session, purpose=Purpose.CONFIRM_ADDRESS, subject=starts, now=LATER),
        "/accounts/link/": issue_link(session, purpose=Purpose.SIGN_IN, user_id=people["teacher"], now=LATER),
        "/accounts/reset/": issue_link(session, purpose=Purpose.RESET, user_id=people["teacher"], now=LATER),
        "/organisations/confirm/": issue_link(
            session,
            purpose=Purpose.CONFIRM_MEMBER,
            user_id=people["coordinator"],
            subject={"grant_id": more.crowd.ids["grant"]["waiting"]},
            now=LATER,
        ),
    }
    more.sees("anonymous", *(begin + secret for begin, secret in made.items()))
    more.sees("anonymous", *(stop_path(links, people["teacher"], what) for what in Stop))
    member = made["/organisations/confirm/"]
    more.sends("anonymous", f"/organisations/confirm/{member}", answer="yes")


def _answers(session: Session, more: More, links: Links) -> None:
    life = make_life(session, guests=2)
    asked = life.asked()
    employed = life_with_employer(session)
    agreed = said_yes(employed, now=NOW)
    consent = f"/employer-consent/{secret_of(mails(session, agreed)[0])}"
    match = session.get_one(Match, asked.id)
    user = session.get_one(User, match.professional_id)
    address = answer_path(links, AnswerLink(match.id, match.seq, user.id, user.epoch))
    moment = session.scalars(select(MatchMoment.id).where(MatchMoment.match_id == match.id)).first()
    more.sees("anonymous", address, consent)
    more.sends("anonymous", address, answer="accept", moment=str(moment))
    more.sees("anonymous", address)
    more.sends("anonymous", address, answer="decline", reason="no_time")
    more.sends("anonymous", consent, answer="yes")


def _by_hand(more: More) -> None:
    ids = more.crowd.ids["organisation"]
    double = {"school_class": more.crowd.ids["class"]["own"], "weeks": ["2026-W50", "2027-W02"], "block": "2"}
    more.sends("teacher", "/requests/new/guest-lecture", language="nl", needed="1", **double)
    more.sees("teacher", LED_TO)
    more.sends("anonymous", "/accounts/link", email="somebody@example.org")
    more.sees("coordinator", f"/coordination/visits/new?school={ids['school']}&company={ids['company']}")
    more.sees("coordinator", f"/coordination/visits/new?school={ids['school']}")
    busy = calendar(event("DTSTART:20270107T090000Z", "DURATION:PT2H")).decode().replace("\r\n", "\n")
    more.sends("guest_approved", "/availability/calendar", text=busy)
    sheet = csv_of(HEAD.replace("Contactpersoon", "Wie"), PIET, NOOR)
    more.sends("coordinator", "/coordination/import", kind="people", file=(sheet, "lijst.csv"))
    more.sees("coordinator", LED_TO)
    codes = ["organisation", "kvk", "postcode", "name", "email", "role", "do_not_approach"]
    more.sends("coordinator", LED_TO, **{f"column-{at}": code for at, code in enumerate(codes)})
    more.sees("coordinator", LED_TO)
    for empty in ("/offers/browse?q=zzzz", "/organisations/schools?q=zzzz"):
        more.sees("teacher", empty)
