"""When somebody is away, and which colleague answers for them meanwhile: for everybody with an account."""

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matcher.accounts.contact_services import name_second_contact
from matcher.accounts.policy import Actor
from matcher.accounts.queries import colleagues_of, second_contacts_of
from matcher.availability import services
from matcher.availability.absence_queries import absences_of
from matcher.availability.forms import AwayForm, SecondContactForm
from matcher.availability.queries import Owner
from matcher.availability.states import ABSENCE, ExceptionKind, OwnerType
from matcher.availability.wording import exception_label
from matcher.clock import utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.organisations.queries import organisations_of
from matcher.web.forms import choices, invalid, number_in
from matcher.web.guards import actor, signed_in
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

blueprint = Blueprint("availability", __name__, url_prefix="/availability")
PAGE = "availability/away.html"


@blueprint.get("/away")
@signed_in
def away() -> str:
    return render_template(PAGE, form=AwayForm(formdata=None), **_page(reading(), actor(), utcnow()))


@blueprint.post("/away")
@signed_in
def add_absence() -> Any:
    form, now, person, owner = AwayForm(), utcnow(), actor(), own_time()
    if not form.validate():
        return invalid(PAGE, form, **_page(reading(), person, now))
    try:
        with writing() as session:
            services.add_exception(
                session,
                actor=person,
                now=now,
                owner=owner,
                kind=ExceptionKind.BUSY,
                first=form.first.data,
                last=form.last.data,
                source=ABSENCE,
            )
            renew_search(session, owner, now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(PAGE, form, **_page(reading(), person, now))
    toast(_("Noted. Who has an appointment with you sees it."))
    return redirect(url_for(".away"))


@blueprint.post("/away/<int:exception_id>/remove")
@signed_in
def remove_absence(exception_id: int) -> Response:
    person, now, owner = actor(), utcnow(), own_time()
    with writing() as session:
        services.remove_exception(session, actor=person, owner=owner, exception_id=exception_id)
        renew_search(session, owner, now)
    toast(_("Removed."))
    return redirect(url_for(".away"))


@blueprint.post("/away/contact")
@signed_in
def name_contact() -> Any:
    form, now, person = SecondContactForm(), utcnow(), actor()
    place_id, colleague = number_in(form.organisation.data), form.colleague.data
    try:
        with writing() as session:
            name_second_contact(
                session,
                actor=person,
                organisation_id=place_id or 0,
                colleague_id=(number_in(colleague) or 0) if colleague else None,
                now=now,
            )
    except InvalidInput as refusal:
        form.refuse(refusal)
        page = _page(reading(), person, now, refused=form)
        return invalid(PAGE, AwayForm(formdata=None), **page)
    toast(_("Saved.") if colleague else _("Nobody answers for you any more."))
    return redirect(url_for(".away"))


def own_time() -> Owner:
    return OwnerType.PERSON, actor().user_id or 0


def renew_search(session: Session, owner: Owner, now: datetime) -> None:
    """Search keys belong to rooms to the right; create_app hands over who renews them."""
    for renew in current_app.extensions["matcher_time_changed"]:
        renew(session, owner=owner, now=now)


def _page(session: Session, person: Actor, now: datetime, refused: SecondContactForm | None = None) -> dict[str, Any]:
    named = second_contacts_of(session, person.user_id or 0)
    contacts = []
    for place in organisations_of(session, person):
        if not person.is_member_of(place.id):
            continue
        again = refused is not None and number_in(refused.organisation.data) == place.id
        form = refused if refused is not None and again else SecondContactForm(formdata=None)
        people = [(str(user.id), user.name) for user in colleagues_of(session, person, place.id)]
        form.colleague.id = f"colleague-{place.id}"
        form.colleague.choices = choices([("", _("Nobody")), *people])
        if not again:
            form.colleague.data = str(named.get(place.id, ""))
        contacts.append((place, form, bool(people)))
    return {
        "absences": [
            (row, exception_label(row.start_s, row.end_s)) for row in absences_of(session, person.user_id or 0, now)
        ],
        "contacts": contacts,
        "refused": refused,
    }
