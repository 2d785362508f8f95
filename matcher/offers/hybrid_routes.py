"""The page of somebody who wants to teach part of the week: new, changed, and on behalf of somebody who told it."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for

from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES
from matcher.availability.halfday_wording import half_day_table
from matcher.clock import utcnow
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _, current_locale
from matcher.offers import hybrid_services, queries, services
from matcher.offers.company_routes import OFFERERS, blueprint, ticked_topics
from matcher.offers.hybrid_forms import HybridForm, HybridOnBehalfForm
from matcher.organisations.models import Organisation
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.web.forms import choices, invalid, number_in
from matcher.web.guards import actor, roles
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

FORM = "offers/hybrid.html"


@blueprint.get("/new/hybrid")
@roles(*OFFERERS)
def new_hybrid() -> str:
    form = _for_me(HybridForm(formdata=None))
    return render_template(FORM, form=form, **_page(()))


@blueprint.post("/new/hybrid")
@roles(*OFFERERS)
def create_hybrid() -> Any:
    form, person, now = _for_me(HybridForm()), actor(), utcnow()
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_page(topic_ids))
    given = form.given(topic_ids, _title(form, topic_ids))
    try:
        with writing() as session:
            offer_id = hybrid_services.create_hybrid(session, actor=person, given=given, now=now).id
            leads_to(url_for("offers.show", offer_id=offer_id))
            if not request.form.get("keep"):
                services.open_offer(session, actor=person, offer_id=offer_id, now=now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_page(topic_ids))
    toast(_("Kept as a draft.") if request.form.get("keep") else _("Schools can find you now."))
    return redirect(url_for("offers.show", offer_id=offer_id))


def shown(view: queries.OfferView) -> str:
    """An offer that this person may change."""
    given, form = queries.input_of(reading(), view.offer), HybridForm(formdata=None)
    form.offer_choices([view.organisation])
    form.show(given, view.offer.version)
    return render_template(FORM, form=form, **_page(given.topic_ids, view))


def save_hybrid(view: queries.OfferView) -> Any:
    form, person, now = HybridForm(), actor(), utcnow()
    form.offer_choices([view.organisation])
    form.organisation.data = view.organisation.id
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_page(topic_ids, view))
    given, version = form.given(topic_ids, _title(form, topic_ids)), number_in(form.version.data)
    try:
        with writing() as session:
            hybrid_services.change_hybrid(
                session, actor=person, offer_id=view.offer.id, given=given, now=now, version=version
            )
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_page(topic_ids, view))
    toast(_("Your changes are saved."))
    return redirect(url_for("offers.show", offer_id=view.offer.id))


@blueprint.get("/on-behalf/<int:organisation_id>/hybrid")
@roles("coordinator")
def new_hybrid_on_behalf(organisation_id: int) -> str:
    company = queries.company_in(reading(), actor().region_ids, organisation_id)
    form = _for_somebody(HybridOnBehalfForm(formdata=None), company)
    return render_template(FORM, form=form, **_page(()))


@blueprint.post("/on-behalf/<int:organisation_id>/hybrid")
@roles("coordinator")
def create_hybrid_on_behalf(organisation_id: int) -> Any:
    company = queries.company_in(reading(), actor().region_ids, organisation_id)
    form, person, now = _for_somebody(HybridOnBehalfForm(), company), actor(), utcnow()
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_page(topic_ids))
    given, heard, whose = form.given(topic_ids, _title(form, topic_ids)), form.heard(now), form.person.data
    try:
        with writing() as session:
            offer_id = hybrid_services.create_hybrid_for(
                session, actor=person, person_id=whose, given=given, heard=heard, now=now
            ).id
            leads_to(url_for("offers.show", offer_id=offer_id))
            if not request.form.get("keep"):
                services.open_offer(session, actor=person, offer_id=offer_id, now=now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_page(topic_ids))
    toast(_("Noted. Schools find this person once the person is confirmed."))
    return redirect(url_for("offers.show", offer_id=offer_id))


def _for_me(form: HybridForm) -> HybridForm:
    companies = queries.companies_of(reading(), actor())
    if not companies:
        raise NotFound(_("You are not linked to a company yet."))
    form.offer_choices(companies)
    if len(companies) == 1:
        form.organisation.data = companies[0].id
    return form


def _for_somebody(form: HybridOnBehalfForm, company: Organisation) -> HybridOnBehalfForm:
    people = members_of(reading(), company.id, COMPANY_ROLES, confirmed=False)
    form.offer_choices([company])
    form.person.choices = choices((user.id, user.name) for user in people)
    form.organisation.data = company.id
    return form


def _page(topic_ids: Sequence[int], view: queries.OfferView | None = None) -> dict[str, Any]:
    session, locale = reading(), current_locale()
    return {
        "view": view,
        "half_days": half_day_table(),
        "chosen_topics": topics_with_ids(session, topic_ids, locale),
        "topic_groups": topics_by_type(session, locale),
    }


def _title(form: HybridForm, topic_ids: Sequence[int]) -> str:
    """What somebody could teach, in their own words or as its topics are called."""
    text = (form.topic_text.data or "").strip()
    names = ", ".join(choice.name for choice in topics_with_ids(reading(), topic_ids[:3], "nl"))
    title = text or names
    return (title[:1].upper() + title[1:])[:120] or str(_("Hybrid teacher"))
