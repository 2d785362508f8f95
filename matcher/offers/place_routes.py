"""An internship place: offered by the company's contact, or written down by a coordinator, and changed later."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for

from matcher.accounts.policy import Actor
from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES
from matcher.availability.halfday_wording import half_day_table
from matcher.clock import utcnow
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _, current_locale
from matcher.offers import place_services, queries, services
from matcher.offers.company_routes import OFFERERS, blueprint, ticked_topics
from matcher.offers.place_forms import PlaceForm, PlaceOnBehalfForm
from matcher.offers.policy import can_offer_team
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.web.forms import invalid, number_in
from matcher.web.guards import actor, roles
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

FORM = "offers/internship_place.html"
ALONE = OrganisationType.SELF_EMPLOYED


@blueprint.get("/new/internship-place")
@roles(*OFFERERS)
def new_place() -> str:
    companies = _own_companies(actor())
    form = PlaceForm(formdata=None)
    _fill(form, companies)
    return render_template(FORM, form=form, **_page(companies, ()))


@blueprint.post("/new/internship-place")
@roles(*OFFERERS)
def create_place() -> Any:
    companies = _own_companies(actor())
    form = PlaceForm()
    _fill(form, companies)
    return _create(form, companies)


@blueprint.get("/on-behalf/<int:organisation_id>/internship-place")
@roles("coordinator")
def new_place_on_behalf(organisation_id: int) -> str:
    companies = [queries.company_in(reading(), actor().region_ids, organisation_id)]
    form = PlaceOnBehalfForm(formdata=None)
    _fill(form, companies)
    return render_template(FORM, form=form, **_page(companies, ()))


@blueprint.post("/on-behalf/<int:organisation_id>/internship-place")
@roles("coordinator")
def create_place_on_behalf(organisation_id: int) -> Any:
    companies = [queries.company_in(reading(), actor().region_ids, organisation_id)]
    form = PlaceOnBehalfForm()
    _fill(form, companies)
    return _create(form, companies)


def shown(view: queries.OfferView) -> str:
    """The page of an existing place."""
    given = queries.input_of(reading(), view.offer)
    form = PlaceForm(formdata=None)
    _fill(form, [view.organisation], view)
    form.show(given, view.offer.version)
    return render_template(FORM, form=form, **_page([view.organisation], given.topic_ids, view))


def save_place(view: queries.OfferView) -> Any:
    """Its new values; the caller made sure that this person may change it."""
    companies, offer_id = [view.organisation], view.offer.id
    form, person, now = PlaceForm(), actor(), utcnow()
    _fill(form, companies, view)
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_page(companies, topic_ids, view))
    # A coordinator who changes it does not become the one who guides.
    guide = (view.offer.person_id, view.person or "") if view.offer.person_id is not None else None
    given, version = form.given(topic_ids, alone=guide), number_in(form.version.data)
    try:
        with writing() as session:
            place_services.change_place(session, actor=person, offer_id=offer_id, given=given, now=now, version=version)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_page(companies, topic_ids, view))
    toast(_("Your changes are saved."))
    return redirect(url_for("offers.show", offer_id=offer_id))


def _create(form: PlaceForm, companies: Sequence[Organisation]) -> Any:
    person, now = actor(), utcnow()
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_page(companies, topic_ids))
    heard = form.heard(now) if isinstance(form, PlaceOnBehalfForm) else None
    keep, alone = bool(request.form.get("keep")), heard is None and _is_alone(companies, None)
    given = form.given(topic_ids, alone=(person.user_id, person.name) if alone else None)
    try:
        with writing() as session:
            offer_id = place_services.create_place(session, actor=person, given=given, now=now, heard=heard).id
            leads_to(url_for("offers.show", offer_id=offer_id))
            if not keep:
                services.open_offer(session, actor=person, offer_id=offer_id, now=now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_page(companies, topic_ids))
    toast(_("Kept as a draft.") if keep else _("Your place can be found now."))
    return redirect(url_for("offers.show", offer_id=offer_id))


def may_offer(person: Actor) -> bool:
    """Contacts, and people who are self-employed."""
    return bool(_places_of(person))


def _own_companies(person: Actor) -> list[Organisation]:
    found = _places_of(person)
    if not found:
        raise NotFound(_("You are not linked to a company yet."))
    return found


def _places_of(person: Actor) -> list[Organisation]:
    own = queries.companies_of(reading(), person)
    return [place for place in own if can_offer_team(person, place.id) or place.type is ALONE]


def _is_alone(companies: Sequence[Organisation], view: queries.OfferView | None) -> bool:
    """Somebody self-employed guides the teacher in person, in their own week."""
    return view.offer.person_id is not None if view is not None else companies[0].type is ALONE


def _fill(form: PlaceForm, companies: Sequence[Organisation], view: queries.OfferView | None = None) -> None:
    people = [(user.id, user.name) for place in companies for user in members_of(reading(), place.id, COMPANY_ROLES)]
    current = queries.input_of(reading(), view.offer) if view is not None else None
    form.offer_choices(companies, people, current)
    if len(companies) == 1:
        form.organisation.data = companies[0].id


def _page(
    companies: Sequence[Organisation], topic_ids: Sequence[int], view: queries.OfferView | None = None
) -> dict[str, Any]:
    return {
        "companies": companies,
        "view": view,
        "half_days": half_day_table(),
        "alone": _is_alone(companies, view),
        "chosen_topics": topics_with_ids(reading(), topic_ids, current_locale()),
        "topic_groups": topics_by_type(reading(), current_locale()),
    }
