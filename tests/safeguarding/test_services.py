"""Blocks in bulk, proofs, board rules and reports on both engines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.clock import local_date
from matcher.errors import Conflict, Forbidden, InvalidInput, NotFound
from matcher.notices.models import Outbox
from matcher.safeguarding import queries, services
from matcher.safeguarding.models import Proof, SafeguardingRule
from matcher.safeguarding.policy import Requirement
from matcher.safeguarding.states import ProofType
from tests.factories import NOW
from tests.factories.people import (
    make_board,
    make_company,
    make_coordinator,
    make_grant,
    make_professional,
    make_school,
    make_teacher,
    make_user,
)

TODAY = local_date(NOW)


def lead_of(session: Session, school: object) -> object:
    user = make_user(session)
    make_grant(session, user, Role.SCHOOL_LEAD, organisation=school)  # type: ignore[arg-type]
    return actor_for(session, user.id)


def test_blocks_count_both_ways_and_for_whole_organisations(session: Session) -> None:
    school, company = make_school(session), make_company(session)
    free, blocked, blocker, colleague = (make_professional(session) for _ in range(4))
    make_grant(session, colleague, Role.PROFESSIONAL, organisation=company)
    lead, teacher = lead_of(session, school), actor_for(session, make_teacher(session, school=school).id)
    people = [one.id for one in (free, blocked, blocker, colleague)]
    assert queries.blocked_pairs(session, school.id, people) == set()
    services.block(session, actor=lead, of_user_id=blocked.id, for_organisation_id=school.id, now=NOW)
    services.block(session, actor=actor_for(session, blocker.id), of_organisation_id=school.id, now=NOW)
    services.block(session, actor=lead, of_organisation_id=company.id, for_organisation_id=school.id, now=NOW)
    services.block(session, actor=teacher, of_user_id=free.id, now=NOW)
    assert queries.blocked_pairs(session, school.id, people) == {blocked.id, blocker.id, colleague.id}
    with_teacher = queries.blocked_pairs(session, school.id, people, asked_by_id=teacher.user_id)
    assert with_teacher == set(people)
    assert queries.blocked_organisations(session, school.id, [company.id]) == {company.id}
    assert queries.blocked_pairs(session, make_school(session).id, people) == set()


def test_block_taken_back_counts_no_more(session: Session) -> None:
    school, guest = make_school(session), make_professional(session)
    actor = actor_for(session, guest.id)
    one = services.block(session, actor=actor, of_organisation_id=school.id, now=NOW)
    assert services.block(session, actor=actor, of_organisation_id=school.id, now=NOW).id == one.id
    with pytest.raises(NotFound):
        services.unblock(session, actor=actor_for(session, make_professional(session).id), block_id=one.id, now=NOW)
    services.unblock(session, actor=actor, block_id=one.id, now=NOW)
    assert queries.blocked_pairs(session, school.id, [guest.id]) == set()


def test_wrong_blocks_are_refused(session: Session) -> None:
    school = make_school(session)
    teacher = actor_for(session, make_teacher(session, school=school).id)
    guest = make_professional(session)
    with pytest.raises(NotFound):
        services.block(session, actor=teacher, of_user_id=guest.id, for_organisation_id=school.id, now=NOW)
    with pytest.raises(NotFound):
        services.block(session, actor=teacher, now=NOW)
    with pytest.raises(NotFound):
        services.block(session, actor=teacher, of_user_id=999_999, now=NOW)
    with pytest.raises(InvalidInput):
        services.block(session, actor=teacher, of_user_id=teacher.user_id, now=NOW)
    with pytest.raises(InvalidInput):
        services.block(session, actor=teacher, of_organisation_id=school.id, now=NOW)


def test_proof_seen_counts_for_all_locations_of_the_board(session: Session) -> None:
    board = make_board(session)
    here, there, foreign = make_school(session, board=board), make_school(session, board=board), make_school(session)
    guest, lead = make_professional(session), lead_of(session, here)
    for until in (TODAY, TODAY + timedelta(days=300)):
        services.mark_proof_seen(
            session, actor=lead, school_id=here.id, user_id=guest.id, issued_on=TODAY, valid_until=until, now=NOW
        )
    assert session.scalar(select(func.count()).select_from(Proof)) == 1
    services.set_board_rule(session, actor=lead, school_id=here.id, asks_vog=True, max_age_weeks=20, now=NOW)
    for school, asked, met in ((there, Requirement(ProofType.VOG, 20), True), (foreign, Requirement(), True)):
        result = queries.result_for(
            session,
            kind="guest_lecture",
            level="havo",
            supervised=True,
            structural=False,
            school_id=school.id,
            user_id=guest.id,
            on_day=TODAY + timedelta(days=7),
        )
        assert (result.requirement, result.met) == (asked, met)


@pytest.mark.parametrize(
    ("issued", "until", "field"),
    [
        (TODAY + timedelta(days=1), TODAY + timedelta(days=9), "issued_on"),
        (TODAY - timedelta(days=2000), TODAY, "issued_on"),
        (TODAY, TODAY - timedelta(days=1), "valid_until"),
        (TODAY, TODAY + timedelta(days=3000), "valid_until"),
    ],
)
def test_impossible_proof_is_refused_at_its_field(session: Session, issued: date, until: date, field: str) -> None:
    school = make_school(session)
    lead, guest = lead_of(session, school), make_professional(session)
    with pytest.raises(InvalidInput) as refusal:
        services.mark_proof_seen(
            session, actor=lead, school_id=school.id, user_id=guest.id, issued_on=issued, valid_until=until, now=NOW
        )
    assert refusal.value.field == field


def test_only_the_school_ticks_seen(session: Session) -> None:
    school, guest = make_school(session), make_professional(session)
    teacher = actor_for(session, make_teacher(session, school=school).id)
    values = {"school_id": school.id, "issued_on": TODAY, "valid_until": TODAY, "now": NOW}
    services.mark_proof_seen(session, actor=teacher, user_id=guest.id, **values)
    lead_of(session, school)
    with pytest.raises(Forbidden):
        services.mark_proof_seen(session, actor=teacher, user_id=guest.id, **values)
    for stranger in (make_coordinator(session), make_teacher(session), guest):
        with pytest.raises(NotFound):
            services.mark_proof_seen(session, actor=actor_for(session, stranger.id), user_id=guest.id, **values)


def test_proof_of_somebody_who_is_no_guest_is_not_found(session: Session) -> None:
    school = make_school(session)
    lead = lead_of(session, school)
    with pytest.raises(NotFound):
        services.mark_proof_seen(
            session,
            actor=lead,
            school_id=school.id,
            user_id=make_teacher(session).id,
            issued_on=TODAY,
            valid_until=TODAY,
            now=NOW,
        )


def test_shipped_rules_are_written_once(session: Session) -> None:
    services.seed_rules(session)
    before = session.scalar(select(func.count()).select_from(SafeguardingRule))
    services.seed_rules(session)
    assert session.scalar(select(func.count()).select_from(SafeguardingRule)) == before == 7


def test_report_goes_to_the_coordinator_and_is_handled_once(session: Session) -> None:
    school, coordinator = make_school(session), make_coordinator(session)
    teacher, guest = actor_for(session, make_teacher(session, school=school).id), make_professional(session)
    body = "De gast kwam zonder afspraak de klas in."
    report = services.report_concern(session, actor=teacher, body=body, of_user_id=guest.id, now=NOW)
    assert report.region_id == school.region_id
    mail = session.scalars(select(Outbox).where(Outbox.template == "safeguarding/report")).first()
    assert mail is not None
    assert (mail.recipient_user_id, body in str(mail.params)) == (coordinator.id, False)
    actor = actor_for(session, coordinator.id)
    (concern,) = queries.reports_for(session, actor)
    assert concern.about is not None
    assert concern.about.id == guest.id
    with pytest.raises(NotFound):
        services.handle_report(session, actor=teacher, report_id=report.id, now=NOW)
    services.handle_report(session, actor=actor, report_id=report.id, now=NOW)
    with pytest.raises(Conflict):
        services.handle_report(session, actor=actor, report_id=report.id, now=NOW)
    with pytest.raises(InvalidInput):
        services.report_concern(session, actor=teacher, body=" kort ", now=NOW)
