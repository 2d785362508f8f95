"""Beside the candidates: the smallest change as a button, why not somebody else, and what inviting now means."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.states import Role
from matcher.availability.states import Delivery, Kind
from matcher.errors import Conflict, NotFound
from matcher.matching.change_applied_services import apply_change
from matcher.matching.changes import can_apply
from matcher.matching.invite_now_services import if_invited_now
from matcher.matching.request_queries import request_page
from matcher.matching.suggestion_models import SuggestionRun
from matcher.matching.suggestion_services import store_run, suggest
from matcher.matching.why_not_queries import why_not
from matcher.requests.complete_services import copy_draft
from matcher.requests.models import Request, RequestMoment, RequestRevision
from matcher.requests.states import RequestState
from tests.factories import NOW
from tests.factories.kinds import make_internship, make_vacancy
from tests.factories.matching import make_class
from tests.factories.people import make_grant
from tests.matching.lives import Life, another_offer, make_life


def looked(life: Life, *changes: tuple[str, dict[str, object]]) -> Request:
    """A run of the request that says these changes would help."""
    run = session_run(life)
    run.smallest_change = [{"code": code, "params": params, "count": 3} for code, params in changes]
    life.session.flush()
    return life.session.get_one(Request, life.request.id)


def session_run(life: Life) -> SuggestionRun:
    run_id = store_run(life.session, suggest(life.session, request_id=life.request.id, now=NOW))
    return life.session.get_one(SuggestionRun, run_id)


@pytest.mark.parametrize(
    ("code", "params", "field", "value"),
    [
        ("online", {}, "delivery", Delivery.EITHER),
        ("language", {"language": "en"}, "language", "en"),
        ("wider", {"from": 25, "to": 30}, "max_km", 30),
    ],
)
def test_change_becomes_a_new_revision(
    session: Session, code: str, params: dict[str, object], field: str, value: object
) -> None:
    life = make_life(session)
    request = looked(life, (code, params))
    before = request.revision
    apply_change(session, request.id, number=0, revision=before, actor=life.actor(life.teacher), now=NOW)
    assert getattr(request, field) == value
    assert request.revision == before + 1
    kept = session.scalars(select(RequestRevision.revision).where(RequestRevision.request_id == request.id))
    assert before + 1 in set(kept)


@pytest.mark.parametrize(("code", "params"), [("weekday", {"weekday": 1}), ("later", {"weeks": 4})])
def test_change_of_days_adds_the_same_hours_and_keeps_the_asked_ones(
    session: Session, code: str, params: dict[str, object]
) -> None:
    life = make_life(session)
    request = looked(life, (code, params))
    rows = select(RequestMoment.start_s, RequestMoment.starts).where(RequestMoment.request_id == request.id)
    before = {row.start_s: row.starts for row in session.execute(rows)}
    apply_change(session, request.id, number=0, revision=request.revision, actor=life.actor(life.teacher), now=NOW)
    after = {row.start_s: row.starts for row in session.execute(rows)}
    assert before.items() < after.items()
    assert set(after.values()) == set(before.values())


@pytest.mark.parametrize(
    ("kind", "code", "params", "column", "value"),
    [
        (Kind.HYBRID_PLACEMENT, "half_days", {"to": 1}, "days", 1),
        (Kind.HYBRID_PLACEMENT, "level", {"level": "vwo"}, "level", "vwo"),
        (Kind.TEACHER_INTERNSHIP, "weekday", {"weekday": 1}, "half_day_mask", 0b1111),
        (Kind.TEACHER_INTERNSHIP, "wider", {"from": 20, "to": 25}, "max_km", 25),
    ],
)
def test_change_of_days_or_half_days_is_written_as_the_page_would(
    session: Session, kind: Kind, code: str, params: dict[str, object], column: str, value: object
) -> None:
    life = make_life(session)
    asked = {"school": life.school, "asked_by_id": life.teacher.id}
    if kind is Kind.TEACHER_INTERNSHIP:
        request = make_internship(session, mask=0b0011, **asked)
    else:
        request = make_vacancy(session, mask=0b1111, **asked)
    run = session.get_one(SuggestionRun, store_run(session, suggest(session, request_id=request.id, now=NOW)))
    run.smallest_change = [{"code": code, "params": params, "count": 2}]
    before = request.revision
    apply_change(session, request.id, number=0, revision=before, actor=life.actor(life.teacher), now=NOW)
    assert (getattr(request, column), request.revision) == (value, before + 1)
    moments = session.scalars(select(RequestMoment).where(RequestMoment.request_id == request.id)).all()
    wanted = {0, 1} if (kind, code) != (Kind.TEACHER_INTERNSHIP, "wider") else {0}
    assert {each.day.weekday() for each in moments} == wanted


def test_copy_for_after_the_summer_leaves_every_day_open(session: Session) -> None:
    life = make_life(session)
    make_grant(session, life.teacher, Role.SCHOOL_LEAD, organisation=life.school)
    asked = {"school": life.school, "asked_by_id": life.teacher.id}
    requests = [life.request, make_internship(session, **asked), make_vacancy(session, **asked)]
    for request in requests:
        copied = copy_draft(
            session, actor=life.actor(life.teacher), now=NOW, request_id=request.id, leave_open=["dates"]
        )
        assert (copied.kind, copied.state, copied.window_from) == (request.kind, RequestState.DRAFT, None)


def test_copy_for_another_class_keeps_all_but_the_class(session: Session) -> None:
    life = make_life(session)
    group = make_class(session, school=life.school)
    life.request.class_id, life.request.own_words = group.id, "Wie rekent mee?"
    for left, kept in (([], group.id), (["class"], None)):
        copied = copy_draft(
            session, actor=life.actor(life.teacher), now=NOW, request_id=life.request.id, leave_open=left
        )
        assert (copied.class_id, copied.own_words) == (kept, "Wie rekent mee?")


def test_change_that_a_copy_can_make_has_a_button_for_it(session: Session) -> None:
    life = make_life(session)
    request = looked(life, ("level", {"level": "vwo"}), ("next_year", {}), ("online", {}))
    page = request_page(session, request, life.actor(life.teacher), NOW)
    assert [(number, copied) for _line, number, copied in page.changes] == [(None, "class"), (None, "dates"), (2, "")]


def test_change_is_refused_to_others_on_old_pages_and_once_somebody_was_asked(session: Session) -> None:
    life = make_life(session)
    request = looked(life, ("online", {}), ("level", {"level": "vwo"}))
    teacher, guest = life.actor(life.teacher), life.guest()
    tries = ((guest, 0, request.revision), (teacher, 1, request.revision), (teacher, 7, request.revision))
    for actor, number, revision in tries:
        with pytest.raises(NotFound):
            apply_change(session, request.id, number=number, revision=revision, actor=actor, now=NOW)
    with pytest.raises(Conflict):
        apply_change(session, request.id, number=0, revision=request.revision + 1, actor=teacher, now=NOW)
    life.asked()
    with pytest.raises(Conflict):
        apply_change(session, request.id, number=0, revision=request.revision, actor=teacher, now=NOW)
    assert request.delivery is Delivery.ON_SITE
    assert not can_apply({"code": "next_year"}, request.kind)


def test_why_not_names_what_stands_in_the_way_and_who_fits(session: Session) -> None:
    life = make_life(session)
    far = another_offer(session, travel_km=0, lat=50.85, lon=5.69, title="Ver weg in Maastricht")
    near = life.offers[0]
    request = life.session.get_one(Request, life.request.id)
    found = why_not(session, request, "ver WEG", now=NOW)
    assert found is not None
    assert [(each.offer_id, each.fits, bool(each.lines)) for each in found] == [(far.id, False, True)]
    fitting = why_not(session, request, near.title[:12], now=NOW)
    assert near.id in {each.offer_id for each in fitting or () if each.fits}
    life.asked()
    asked = why_not(session, request, near.title[:12], now=NOW)
    assert near.id in {each.offer_id for each in asked or () if each.asked and not each.fits}
    assert why_not(session, request, " ", now=NOW) is None
    assert why_not(session, request, "100%_", now=NOW) == []


def test_inviting_now_promises_what_asking_then_keeps(session: Session) -> None:
    life = make_life(session)
    session_run(life)
    request = life.session.get_one(Request, life.request.id)
    page = request_page(session, request, life.actor(life.teacher), NOW)
    told = if_invited_now(session, request, page.candidates, page.matches, now=NOW)
    assert set(told) == {offer.id for offer in life.offers}
    match = life.asked()
    assert match.expires_at is not None
    day = str((match.expires_at + timedelta(hours=1)).day)
    assert day in told[match.offer_id]
    again = request_page(session, request, life.actor(life.teacher), NOW)
    assert match.offer_id not in if_invited_now(session, request, again.candidates, again.matches, now=NOW)
