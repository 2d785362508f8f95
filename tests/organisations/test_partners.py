"""Standing partnerships: who may propose, confirm and end them, and what they count for, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.queries import actor_for
from matcher.errors import InvalidInput, NotFound
from matcher.matching.due_services import approve_by_rule
from matcher.matching.states import MatchState
from matcher.matching.suggestion_services import suggest
from matcher.notices.models import Outbox
from matcher.organisations.models import Organisation, Partnership
from matcher.organisations.partner_queries import awaiting_partners, partners_of, standing_pairs
from matcher.organisations.partner_services import confirm_partnership, end_partnership, propose_partnership
from matcher.organisations.policy import partner_side
from matcher.organisations.states import PartnerSide
from matcher.regions.policy import APPROVAL, KNOWN_PAIRS
from matcher.regions.services import set_region_rule
from tests.factories import NOW
from tests.factories.people import make_company, make_coordinator, make_grant, make_school, make_user
from tests.matching.lives import another_offer, make_life

LATER = NOW + timedelta(days=1)


class Two:
    """A school with a leader, a company with a contact, a coordinator."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school, self.company = make_school(session), make_company(session)
        self.lead = self.person("school_lead", self.school)
        self.contact = self.person("company_contact", self.company)
        self.coordinator = make_coordinator(session)

    def person(self, role: str, place: Organisation) -> User:
        user = make_user(self.session)
        make_grant(self.session, user, role, organisation=place)
        return user

    def propose(self, user: User, **places: Any) -> Partnership:
        ids = {"organisation_id": self.school.id, "other_id": self.company.id, **places}
        return propose_partnership(self.session, actor=actor_for(self.session, user.id), now=NOW, **ids)

    def confirm(self, user: User, row: Partnership) -> Partnership:
        actor = actor_for(self.session, user.id)
        return confirm_partnership(self.session, actor=actor, partnership_id=row.id, now=LATER)

    def stands(self, at: Any = LATER) -> bool:
        return bool(standing_pairs(self.session, [self.school.id], [self.company.id], as_of=at))


def test_other_side_says_yes_and_either_side_ends_it(session: Session) -> None:
    two = Two(session)
    row = two.propose(two.lead)
    assert two.propose(two.lead).id == row.id
    assert not two.stands()
    with pytest.raises(NotFound):
        two.confirm(two.lead, row)
    asked = session.scalars(select(Outbox.address).where(Outbox.template == "organisations/partner_asks")).all()
    assert set(asked) == {two.contact.email}

    two.confirm(two.contact, row)
    assert (two.stands(), two.stands(NOW)) == (True, False)
    (partner,) = partners_of(session, two.school, actor_for(session, two.lead.id))
    assert (partner.other.id, partner.may_confirm, partner.may_end) == (two.company.id, False, True)

    end_partnership(session, actor=actor_for(session, two.contact.id), partnership_id=row.id, now=LATER)
    assert not two.stands(LATER + timedelta(seconds=1))
    assert two.propose(two.lead).id != row.id


def test_same_wish_of_both_sides_or_of_the_coordinator_stands_at_once(session: Session) -> None:
    two, other = Two(session), Two(session)
    two.propose(two.contact, organisation_id=two.company.id, other_id=two.school.id)
    assert [found.school.id for found in awaiting_partners(session, [two.school.region_id or 0])] == [two.school.id]
    assert two.propose(two.lead).confirmed_by_id == two.lead.id
    assert other.propose(other.coordinator).confirmed_at == NOW
    assert not awaiting_partners(session, [two.school.region_id or 0])


def test_others_may_neither_propose_nor_confirm(session: Session) -> None:
    two = Two(session)
    teacher, stranger = two.person("teacher", two.school), two.person("company_contact", make_company(session))
    for user in (teacher, stranger):
        with pytest.raises(NotFound):
            two.propose(user)
    with pytest.raises(InvalidInput):
        two.propose(two.lead, other_id=make_school(session).id)
    row = two.propose(two.lead)
    for user in (teacher, stranger):
        with pytest.raises(NotFound):
            two.confirm(user, row)
    make_grant(session, two.coordinator, "teacher", organisation=two.school)
    assert partner_side(actor_for(session, two.coordinator.id), two.school, two.company) is None
    assert partner_side(actor_for(session, two.contact.id), two.school, two.company) is PartnerSide.COMPANY


def test_people_of_a_partner_come_first_and_the_pair_is_known(session: Session) -> None:
    life = make_life(session)
    far = another_offer(session, company=make_company(session, pc4="5611"))
    life.offers.append(far)
    before = suggest(session, request_id=life.request.id, now=NOW).candidates
    assert before[-1].offer_id == far.id
    region_id = life.request.region_id
    set_region_rule(session, region_id=region_id, kind=None, key=APPROVAL, value=KNOWN_PAIRS, set_by_id=None, now=NOW)
    match = life.accepted(2)
    assert not approve_by_rule(session, match.id, now=NOW)

    propose_partnership(
        session,
        actor=life.actor(life.coordinator),
        organisation_id=life.school.id,
        other_id=far.organisation_id,
        now=NOW,
    )
    first = another_offer(session, company=session.get_one(Organisation, far.organisation_id))
    after = suggest(session, request_id=life.request.id, now=NOW).candidates
    assert after[0].offer_id == first.id
    assert ["standing_partner", {}] in after[0].reasons
    far.own_name = True
    assert not approve_by_rule(session, match.id, now=NOW)
    far.own_name = False
    assert approve_by_rule(session, match.id, now=NOW)
    assert match.state is MatchState.APPROVED
