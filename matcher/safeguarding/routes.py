"""Pages about safety: what a school asks and saw, whom one blocked, and reports of concern."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts.models import User
from matcher.clock import local_date, utcnow
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _
from matcher.organisations.models import Organisation
from matcher.safeguarding import policy, queries, services
from matcher.safeguarding.forms import BoardRuleForm, ProofForm, ReportForm
from matcher.safeguarding.states import ProofType
from matcher.web.forms import invalid, number_in
from matcher.web.guards import actor, local_target, roles, signed_in
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

blueprint = Blueprint("safeguarding", __name__, url_prefix="/safeguarding")


@blueprint.get("/schools/<int:school_id>")
@signed_in
def school(school_id: int) -> str:
    place = services.school_to_answer(reading(), actor(), school_id)
    now_asked = _asked(place)
    form = BoardRuleForm(asks_vog=now_asked.proof is ProofType.VOG, max_age_weeks=now_asked.max_age_weeks or 52)
    return _school_page(place, form)


@blueprint.post("/schools/<int:school_id>")
@signed_in
def school_post(school_id: int) -> Any:
    person, form = actor(), BoardRuleForm()
    place = services.school_to_answer(reading(), person, school_id)
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        with writing() as unit:
            services.set_board_rule(
                unit,
                actor=person,
                school_id=place.id,
                asks_vog=form.asks_vog.data,
                max_age_weeks=form.max_age_weeks.data,
                now=utcnow(),
            )
    except InvalidInput as error:
        if str(error):
            form.refuse(error)
        return _school_page(place, form), 422
    toast(_("Saved. It counts for all locations of your board."))
    return redirect(url_for(".school", school_id=place.id))


@blueprint.get("/schools/<int:school_id>/people/<int:user_id>")
@signed_in
def person(school_id: int, user_id: int) -> str:
    place, guest = _guest(school_id, user_id)
    today = local_date(utcnow())
    form = ProofForm(valid_until=today + timedelta(days=365))
    return _person_page(place, guest, form)


@blueprint.post("/schools/<int:school_id>/people/<int:user_id>")
@signed_in
def person_post(school_id: int, user_id: int) -> Any:
    place, guest = _guest(school_id, user_id)
    form, who = ProofForm(), actor()
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        with writing() as unit:
            services.mark_proof_seen(
                unit,
                actor=who,
                school_id=place.id,
                user_id=guest.id,
                issued_on=form.issued_on.data,
                valid_until=form.valid_until.data,
                now=utcnow(),
            )
    except InvalidInput as error:
        if str(error):
            form.refuse(error)
        return _person_page(place, guest, form), 422
    toast(_("Noted: you saw the VOG of %(name)s.", name=guest.name))
    return redirect(local_target(request.form.get("next"), url_for(".school", school_id=place.id)))


@blueprint.get("/blocks")
@signed_in
def blocks() -> str:
    session = reading()
    rows = [
        {
            "id": one.id,
            "name": session.get_one(User, one.of_user_id).name
            if one.of_user_id
            else session.get_one(Organisation, one.of_organisation_id).name,
            "for_organisation": session.get_one(Organisation, one.by_organisation_id).name
            if one.by_organisation_id
            else None,
            "at": one.at,
        }
        for one in queries.blocks_of(session, actor())
    ]
    return render_template("safeguarding/blocks.html", rows=rows)


@blueprint.post("/blocks")
@signed_in
def block() -> Response:
    """From any page that shows a person or an organisation: hidden fields say whom, and for whom."""
    who, user_id = actor(), _number("user")
    if user_id is not None and not _may_know(user_id):
        raise NotFound()
    with writing() as unit:
        services.block(
            unit,
            actor=who,
            of_user_id=user_id,
            of_organisation_id=_number("organisation"),
            for_organisation_id=_number("for"),
            now=utcnow(),
        )
    toast(_("Blocked. You will not be brought together any more; the other side is not told."))
    return redirect(local_target(request.form.get("next"), url_for(".blocks")))


@blueprint.post("/blocks/<int:block_id>/end")
@signed_in
def unblock(block_id: int) -> Response:
    who = actor()
    with writing() as unit:
        services.unblock(unit, actor=who, block_id=block_id, now=utcnow())
    toast(_("The block is gone."))
    return redirect(url_for(".blocks"))


@blueprint.get("/report")
@signed_in
def report() -> str:
    about = {name: value for name in ("user", "match") if number_in(value := request.args.get(name, ""))}
    return render_template("safeguarding/report.html", form=ReportForm(), about=about)


@blueprint.post("/report")
@signed_in
@limiter.limit("10 per hour")
def report_post() -> Any:
    form, who = ReportForm(), actor()
    about = {"user": _number("user"), "match": _number("match")}
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        with writing() as unit:
            services.report_concern(
                unit,
                actor=who,
                body=form.body.data,
                of_user_id=about["user"],
                match_id=about["match"],
                now=utcnow(),
            )
    except InvalidInput as error:
        if str(error):
            form.refuse(error)
        return invalid("safeguarding/report.html", form, about=about)
    toast(_("Thank you. The regional coordinator reads it and gets in touch with you."))
    return redirect(url_for("home.dashboard"))


@blueprint.get("/reports")
@roles("coordinator", "administrator")
def reports() -> str:
    who = actor()
    return render_template(
        "safeguarding/reports.html",
        waiting=queries.reports_for(reading(), who),
        handled=queries.reports_for(reading(), who, is_open=False),
        everywhere=who.is_administrator,
    )


@blueprint.post("/reports/<int:report_id>/handle")
@roles("coordinator", "administrator")
def handle_report(report_id: int) -> Response:
    who = actor()
    with writing() as unit:
        services.handle_report(unit, actor=who, report_id=report_id, now=utcnow())
    toast(_("Noted that you handled it."))
    return redirect(url_for(".reports"))


def _may_know(user_id: int) -> bool:
    """The list of blocks shows names: guests for whoever was confirmed, others only after a match with them."""
    who = actor()
    if any(grant.confirmed for grant in who.grants) and queries.guest(reading(), user_id) is not None:
        return True
    return bool(current_app.extensions["matcher_have_met"](reading(), who, user_id))


def _number(name: str) -> int | None:
    """A hidden number; nonsense is somebody else's page."""
    text = request.form.get(name, "")
    number = number_in(text)
    if text and number is None:
        raise NotFound()
    return number


def _guest(school_id: int, user_id: int) -> tuple[Organisation, User]:
    place = services.school_to_answer(reading(), actor(), school_id)
    found = queries.guest(reading(), user_id)
    if found is None:
        raise NotFound()
    return place, found


def _asked(place: Organisation) -> policy.Requirement:
    board_id = queries.board_of(reading(), place.id)
    visit = policy.Visit(services.GUEST_LECTURE, None, supervised=True, structural=False, board_id=board_id)
    return policy.requirement(queries.rules_for(reading(), board_id), visit)


def _school_page(place: Organisation, form: BoardRuleForm) -> str:
    return render_template(
        "safeguarding/school.html",
        place=place,
        form=form,
        proofs=queries.proofs_at(reading(), queries.board_of(reading(), place.id)),
        today=local_date(utcnow()),
    )


def _person_page(place: Organisation, guest: User, form: ProofForm) -> str:
    board_id = queries.board_of(reading(), place.id)
    seen = queries.proofs_of(reading(), [guest.id], board_id).get(guest.id, [])
    back = local_target(request.values.get("next"), url_for(".school", school_id=place.id))
    return render_template("safeguarding/person.html", place=place, guest=guest, form=form, seen=seen, back=back)
