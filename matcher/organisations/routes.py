"""The page of an organisation with its people and settings, and what leaders and coordinators decide about it."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts.queries import is_link_open
from matcher.accounts.tokens import Purpose
from matcher.clock import utcnow
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _
from matcher.organisations import policy, queries, review_services, services
from matcher.organisations.forms import REFUSALS, ROLE_NAMES, SIZES, RefuseForm, SettingsForm
from matcher.organisations.models import Organisation
from matcher.organisations.partner_queries import awaiting_partners, partners_of, possible_partners
from matcher.organisations.partner_routes import blueprint
from matcher.organisations.states import OrganisationType, RefusalReason
from matcher.organisations.times_routes import school_of
from matcher.organisations.wording import ACTIONS
from matcher.web.forms import number_in
from matcher.web.guards import actor, local_target, public, roles, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

__all__ = ["blueprint", "school_of"]


@blueprint.get("/verify")
@roles("coordinator", "administrator")
def verify_list() -> str:
    """What waits for a check: organisations first, then people who say they belong somewhere."""
    person = actor()
    return render_template(
        "organisations/verify_list.html",
        organisations=queries.awaiting_verification(reading(), person),
        people=queries.awaiting_confirmation(reading(), person),
        partners=awaiting_partners(reading(), person.region_ids),
        role_names=ROLE_NAMES,
    )


@blueprint.get("/<int:organisation_id>")
@signed_in
def show(organisation_id: int) -> str:
    place = _visible(organisation_id)
    return _page(place, SettingsForm(obj=place), RefuseForm())


@blueprint.post("/<int:organisation_id>/settings")
@signed_in
def settings_post(organisation_id: int) -> Any:
    place, form, person = _visible(organisation_id), SettingsForm(), actor()
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        with writing() as unit:
            review_services.change_settings(
                unit,
                actor=person,
                organisation_id=place.id,
                via_contact=form.via_contact.data,
                staff_domain=form.staff_domain.data or "",
                ask_limit=form.ask_limit.data,
                now=utcnow(),
                version=_shown(),
            )
    except InvalidInput as error:
        if str(error):
            form.refuse(error)
        return _page(place, form, RefuseForm(formdata=None)), 422
    toast(_("Saved."))
    return _back(place)


@blueprint.post("/<int:organisation_id>/verify")
@roles("coordinator", "administrator")
def verify_post(organisation_id: int) -> Response:
    place, person = _visible(organisation_id), actor()
    numbers = (number_in(value) for value in request.form.getlist("members")[:200])
    ticked = [number for number in numbers if number is not None]
    with writing() as unit:
        review_services.verify_organisation(
            unit, actor=person, organisation_id=place.id, member_grant_ids=ticked, now=utcnow(), version=_shown()
        )
    toast(_("%(name)s takes part from now on.", name=place.name))
    return _back(place)


@blueprint.post("/<int:organisation_id>/refuse")
@roles("coordinator", "administrator")
def refuse_post(organisation_id: int) -> Any:
    place, form, person = _visible(organisation_id), RefuseForm(), actor()
    if not form.validate_on_submit():
        return _page(place, SettingsForm(formdata=None, obj=place), form), 422
    with writing() as unit:
        review_services.refuse_organisation(
            unit,
            actor=person,
            organisation_id=place.id,
            reason=RefusalReason(form.reason.data),
            now=utcnow(),
            version=_shown(),
        )
    toast(_("%(name)s was not taken in. Its people hear why.", name=place.name))
    return redirect(url_for(".verify_list"))


@blueprint.post("/<int:organisation_id>/stop")
@roles("coordinator", "administrator")
def stop_post(organisation_id: int) -> Response:
    place, person = _visible(organisation_id), actor()
    with writing() as unit:
        review_services.stop_organisation(unit, actor=person, organisation_id=place.id, now=utcnow(), version=_shown())
    toast(_("%(name)s is stopped everywhere.", name=place.name))
    return _back(place)


@blueprint.post("/<int:organisation_id>/resume")
@roles("coordinator", "administrator")
def resume_post(organisation_id: int) -> Response:
    place, person = _visible(organisation_id), actor()
    with writing() as unit:
        review_services.resume_organisation(
            unit, actor=person, organisation_id=place.id, now=utcnow(), version=_shown()
        )
    toast(_("%(name)s may take part again.", name=place.name))
    return _back(place)


@blueprint.post("/people/<int:user_id>/<any(stop, resume):action>")
@roles("coordinator", "administrator")
def stop_person_post(user_id: int, action: str) -> Response:
    person = actor()
    with writing() as unit:
        stopped = review_services.stop_person(
            unit, actor=person, user_id=user_id, stopped=action == "stop", now=utcnow()
        )
    text = _("%(name)s is stopped everywhere.") if action == "stop" else _("%(name)s may take part again.")
    toast(text % {"name": stopped.name})
    return redirect(local_target(request.form.get("next"), url_for(".verify_list")))


# --- members ----------------------------------------------------------------------------------------------------------


@blueprint.post("/members/<int:grant_id>/confirm")
@signed_in
def confirm_member_post(grant_id: int) -> Response:
    person = actor()
    with writing() as unit:
        grant = services.confirm_member(unit, actor=person, grant_id=grant_id, now=utcnow())
    toast(_("Confirmed. What this person prepared is sent now."))
    return _after_member(grant.organisation_id)


@blueprint.post("/members/<int:grant_id>/refuse")
@signed_in
def refuse_member_post(grant_id: int) -> Response:
    person = actor()
    with writing() as unit:
        grant = services.refuse_member(unit, actor=person, grant_id=grant_id, now=utcnow())
    toast(_("This person does not belong here any more, and hears so."))
    return _after_member(grant.organisation_id)


@blueprint.post("/members/<int:grant_id>/end")
@signed_in
def end_member_post(grant_id: int) -> Response:
    person = actor()
    with writing() as unit:
        grant = services.end_membership(unit, actor=person, grant_id=grant_id, now=utcnow())
    if grant.user_id == person.user_id:
        toast(_("You left. Requests and offers stay with the organisation."))
        return redirect(url_for(".index"))
    toast(_("This person left. Requests and offers stay with the organisation."))
    return _after_member(grant.organisation_id)


@blueprint.get("/confirm/<secret>")
@public
def confirm_by_link(secret: str) -> Any:
    """The page behind the mail: looking changes nothing, for mail scanners follow links too."""
    if not is_link_open(reading(), secret, Purpose.CONFIRM_MEMBER, now=utcnow()):
        return render_template("accounts/link_dead.html", again=url_for("accounts.sign_in")), 410
    asked = queries.asked_by_link(reading(), secret)
    if asked is None:
        raise NotFound()
    return render_template("organisations/confirm.html", secret=secret, asked=asked, role=ROLE_NAMES[asked.grant.role])


@blueprint.post("/confirm/<secret>")
@public
def confirm_by_link_post(secret: str) -> Any:
    with writing() as unit:
        if request.form.get("answer") == "no":
            grant, place = services.refuse_by_link(unit, secret=secret, now=utcnow())
        else:
            grant, place = services.confirm_by_link(unit, secret=secret, now=utcnow())
    return render_template("organisations/confirmed.html", place=place, is_confirmed=grant.ended_at is None)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _shown() -> int | None:
    """The version of the organisation that the page showed."""
    return number_in(request.form.get("version"))


def _visible(organisation_id: int) -> Organisation:
    place = queries.organisation(reading(), organisation_id)
    if place.type is OrganisationType.BOARD or not policy.can_see(actor(), place):
        raise NotFound()
    return place


def _back(place: Organisation) -> Response:
    return redirect(url_for(".show", organisation_id=place.id))


def _after_member(organisation_id: int | None) -> Response:
    back = url_for(".show", organisation_id=organisation_id)
    return redirect(local_target(request.form.get("next"), back))


def _page(place: Organisation, settings: SettingsForm, refusal: RefuseForm) -> str:
    person, session = actor(), reading()
    may_confirm = policy.can_confirm_members(person, place)
    sees_people = may_confirm or person.is_member_of(place.id)
    people = queries.members(session, place.id)
    return render_template(
        "organisations/show.html",
        place=place,
        size=dict(SIZES).get(place.size.value) if place.size else None,
        sector=queries.sector_name(session, place.sector_id),
        board=queries.organisation(session, place.parent_id) if place.parent_id else None,
        people=people if sees_people else [one for one in people if one.user.id == person.user_id],
        role_names=ROLE_NAMES,
        my_id=person.user_id,
        may_confirm=may_confirm,
        may_manage=policy.can_manage(person, place),
        may_verify=policy.can_verify(person, place) and place.id not in person.organisation_ids,
        is_confirmed=policy.is_confirmed_for(person, place),
        is_member=place.id in person.organisation_ids,
        steps=_steps(place) if may_confirm else [],
        **_partners(place),
        form=settings,
        refusal=refusal,
    )


def _partners(place: Organisation) -> dict[str, Any]:
    person, session, text = actor(), reading(), request.args.get("partner", "")[:100]
    may_propose = policy.is_open(place) and (policy.speaks_for(person, place) or policy.can_coordinate(person, place))
    return {
        "partners": partners_of(session, place, person),
        "may_propose": may_propose,
        "partner_text": text.strip(),
        "partner_found": possible_partners(session, place, text) if may_propose else [],
    }


def _steps(place: Organisation) -> list[queries.Told]:
    reasons = dict(REFUSALS)
    return [
        queries.Told(
            at=step.entry.at,
            text=ACTIONS.get(step.entry.action, step.entry.action),
            who=step.user.name if step.user else None,
            note=reasons.get(step.entry.details.get("reason", "")),
        )
        for step in queries.history(reading(), place.id)
    ]
