"""Steps of a placement, its trial lesson, and bridging a vacancy. Registered on the room's blueprint."""

from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _
from matcher.matching import bridge_services, step_services, trial_services
from matcher.matching.match_routes import again, blueprint
from matcher.matching.models import Match
from matcher.matching.placement_forms import StepTakenForm, TrialForm
from matcher.matching.placement_pages import trial_page
from matcher.matching.policy import sides_of
from matcher.matching.queries import match_for
from matcher.matching.states import LIVE, Side
from matcher.offers.models import Offer
from matcher.requests import policy
from matcher.requests.models import Request
from matcher.requests.queries import request_for
from matcher.web.forms import invalid, number_in
from matcher.web.guards import actor, roles, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

SCHOOL_SIDE = ("teacher", "school_lead", "coordinator")
TRIAL = "matching/trial.html"


@blueprint.post("/matches/<int:match_id>/steps/<step>")
@signed_in
def take_step(match_id: int, step: str) -> Response | tuple[str, int]:
    placement(match_id)
    form, who, now, taken = StepTakenForm(), actor(), utcnow(), step_services.step_named(step)
    if not form.validate():
        return again(match_id, f"step_{step}", form)
    try:
        with writing() as session:
            step_services.take_step(
                session, match_id, taken, on_day=form.on_day.data, hours=form.number, actor=who, now=now
            )
    except InvalidInput as refusal:
        form.refuse(refusal)
        return again(match_id, f"step_{step}", form)
    toast(_("Noted. The other side hears of it."), undo=url_for(".take_back", match_id=match_id, step=step))
    return redirect(url_for(".show", match_id=match_id))


@blueprint.post("/matches/<int:match_id>/steps/<step>/take-back")
@signed_in
def take_back(match_id: int, step: str) -> Response:
    placement(match_id)
    who, now, taken = actor(), utcnow(), step_services.step_named(step)
    with writing() as session:
        step_services.take_back(session, match_id, taken, actor=who, now=now)
    toast(_("Taken back."))
    return redirect(url_for(".show", match_id=match_id))


def placement(match_id: int) -> Match:
    """Raises NotFound for strangers and for matches of another kind."""
    match, _facts = match_for(reading(), match_id, actor(), utcnow())
    if match.kind is not Kind.HYBRID_PLACEMENT:
        raise NotFound()
    return match


@blueprint.get("/matches/<int:match_id>/trial-lesson")
@signed_in
def trial_lesson(match_id: int) -> str:
    match, _side = _party(match_id)
    form = TrialForm(formdata=None)
    return render_template(TRIAL, form=form, **_trial_page(reading(), match.request_id, match.offer_id, form, match.id))


@blueprint.post("/matches/<int:match_id>/trial-lesson")
@signed_in
def ask_trial_lesson(match_id: int) -> Any:
    match, side = _party(match_id)
    return _arrange(match.request_id, match.offer_id, side, match.id)


def _party(match_id: int) -> tuple[Match, Side]:
    """A trial lesson is arranged by one of the two sides, while the placement lives."""
    match, facts = match_for(reading(), match_id, actor(), utcnow())
    sides = sides_of(facts, actor()) & {Side.SCHOOL, Side.COMPANY}
    if match.kind is not Kind.HYBRID_PLACEMENT or match.state not in LIVE or not sides:
        raise NotFound()
    return match, Side.SCHOOL if Side.SCHOOL in sides else Side.COMPANY


@blueprint.get("/requests/<int:request_id>/trial-lesson")
@roles(*SCHOOL_SIDE)
def first_trial_lesson(request_id: int) -> str:
    """Begin with a lesson before anybody is asked for the vacancy; `offer` in the address says with whom."""
    vacancy, offer = _first(request_id)
    form = TrialForm(formdata=None)
    return render_template(TRIAL, form=form, **_trial_page(reading(), vacancy.id, offer.id, form, None))


@blueprint.post("/requests/<int:request_id>/trial-lesson")
@roles(*SCHOOL_SIDE)
def ask_first_trial_lesson(request_id: int) -> Any:
    vacancy, offer = _first(request_id)
    return _arrange(vacancy.id, offer.id, Side.SCHOOL, None)


def _first(request_id: int) -> tuple[Request, Offer]:
    """Nobody sees with whom until they may ask this person."""
    vacancy, offer = _own_vacancy(request_id), _offer(request.args.get("offer"))
    trial_services.check_first(reading(), vacancy, offer, actor=actor(), now=utcnow())
    return vacancy, offer


def _arrange(vacancy_id: int, offer_id: int, side: Side, match_id: int | None) -> Any:
    form, who, now = TrialForm(), actor(), utcnow()
    page = _trial_page(reading(), vacancy_id, offer_id, form, match_id)
    if not form.validate():
        return invalid(TRIAL, form, **page)
    try:
        with writing() as session:
            lesson_id = trial_services.arrange_trial(
                session,
                vacancy_id=vacancy_id,
                offer_id=offer_id,
                class_id=form.class_id,
                weeks=form.chosen_weeks(),
                own_words=form.own_words.data or "",
                side=side,
                actor=who,
                now=now,
            ).id
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(TRIAL, form, **_trial_page(reading(), vacancy_id, offer_id, form, match_id))
    toast(_("Asked. The other side chooses one of the lessons."))
    return redirect(url_for(".show", match_id=lesson_id))


def _trial_page(
    session: Session, vacancy_id: int, offer_id: int, form: TrialForm, match_id: int | None
) -> dict[str, Any]:
    return trial_page(session, actor(), vacancy_id, offer_id, form, now=utcnow()) | {"match_id": match_id}


def _own_vacancy(request_id: int) -> Request:
    """Raises NotFound for who may not ask people for it."""
    found = request_for(reading(), actor(), request_id)
    facts = {"organisation_id": found.organisation_id, "region_id": found.region_id, "asked_by_id": found.asked_by_id}
    if found.kind is not Kind.HYBRID_PLACEMENT or not policy.can_edit(actor(), **facts):
        raise NotFound()
    return found


def _offer(text: str | None) -> Offer:
    found = reading().get(Offer, number_in(text) or 0)
    if found is None or found.kind is not Kind.HYBRID_PLACEMENT:
        raise NotFound()
    return found


@blueprint.post("/requests/<int:request_id>/bridge")
@roles(*SCHOOL_SIDE)
def bridge(request_id: int) -> Response:
    """Two offers: two people together. One: fewer half-days."""
    _own_vacancy(request_id)
    who, now = actor(), utcnow()
    offers = [number for text in request.form.getlist("offers")[:2] if (number := number_in(text))]
    try:
        with writing() as session:
            if len(offers) == 2:
                bridge_services.ask_pair(session, request_id, offer_ids=offers, actor=who, now=now)
            else:
                first = offers[0] if offers else 0
                bridge_services.ask_fewer(session, request_id, offer_id=first, actor=who, now=now)
    except InvalidInput as refusal:
        toast(str(refusal), kind="problem")
        return _to_vacancy(request_id)
    done = _("Both are asked now.") if len(offers) == 2 else _("This person is asked now.")
    toast(done, undo=url_for(".undo_bridge", request_id=request_id))
    return _to_vacancy(request_id)


@blueprint.post("/requests/<int:request_id>/bridge/undo")
@roles(*SCHOOL_SIDE)
def undo_bridge(request_id: int) -> Response:
    _own_vacancy(request_id)
    who, now = actor(), utcnow()
    with writing() as session:
        bridge_services.undo_bridge(session, request_id, actor=who, now=now)
    toast(_("Taken back. Nothing was sent."))
    return _to_vacancy(request_id)


@blueprint.post("/requests/<int:request_id>/bridge/keep")
@roles(*SCHOOL_SIDE)
def keep_one(request_id: int) -> Response:
    _own_vacancy(request_id)
    who, now = actor(), utcnow()
    with writing() as session:
        bridge_services.keep_one(session, request_id, actor=who, now=now)
    toast(_("You go on with one person, in fewer half-days."))
    return _to_vacancy(request_id)


@blueprint.post("/requests/<int:request_id>/bridge/again")
@roles(*SCHOOL_SIDE)
def bridge_again(request_id: int) -> Response:
    _own_vacancy(request_id)
    who, now = actor(), utcnow()
    with writing() as session:
        bridge_services.look_again(session, request_id, actor=who, now=now)
    toast(_("The other person hears that it does not go on. Look who could do it now."))
    return _to_vacancy(request_id)


def _to_vacancy(request_id: int) -> Response:
    return redirect(url_for(".request_page_view", request_id=request_id))
