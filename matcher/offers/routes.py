"""My offers, the form of a guest lecture, an offer to read; pausing and releasing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts.queries import members_of
from matcher.accounts.states import COMPANY_ROLES, Role
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _, _l, current_locale
from matcher.offers import browse_routes, hybrid_routes, place_routes, queries, services
from matcher.offers.company_routes import CHANGERS, OFFERERS, blueprint, changeable, ticked_topics
from matcher.offers.forms import EMPLOYER, TEAM, GuestLectureForm, LimitsForm, OnBehalfForm, PauseForm
from matcher.offers.inputs import OfferInput
from matcher.offers.place_wording import facts_of_offer, offer_line
from matcher.offers.policy import sees_names
from matcher.offers.states import OfferState
from matcher.offers.wording import STATES, limit_facts
from matcher.organisations.models import Organisation
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.web.forms import choices, invalid, number_in
from matcher.web.guards import actor, roles, signed_in
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

__all__ = ["blueprint", "browse_routes", "hybrid_routes", "place_routes"]

FORM = "offers/guest_lecture.html"
BEHALF_KINDS = (
    ("lesson", _l("Guest lecture"), "offers.new_on_behalf"),
    ("place", _l("Internship place"), "offers.new_place_on_behalf"),
    ("hybrid", _l("Hybrid teacher"), "offers.new_hybrid_on_behalf"),
)
"""What a coordinator writes down for somebody: the code in the address, the word for it, the page of the form."""
STAY = Kind.TEACHER_INTERNSHIP
FOUND = {
    Kind.GUEST_LECTURE: _l("Your lesson can be found now."),
    Kind.TEACHER_INTERNSHIP: _l("Your place can be found now."),
    Kind.HYBRID_PLACEMENT: _l("Schools can find you now."),
}
HIDDEN = {
    Kind.GUEST_LECTURE: _l("Nobody finds this lesson any more."),
    Kind.TEACHER_INTERNSHIP: _l("Nobody finds this place any more."),
    Kind.HYBRID_PLACEMENT: _l("Schools do not find you any more."),
}


@blueprint.get("")
@roles(*OFFERERS)
def index() -> str:
    return render_template("offers/index.html", form=PauseForm(formdata=None), **_list_page())


def _list_page() -> dict[str, Any]:
    session, now = reading(), utcnow()
    rows = queries.own_offers(session, actor(), locale=current_locale())
    paused = [row.offer.paused_until for row in rows if row.is_own and row.offer.paused_until]
    return {
        "rows": rows,
        "states": STATES,
        "lines": {row.offer.id: offer_line(row.offer) for row in rows},
        "offers_places": place_routes.may_offer(actor()),
        "paused_until": max((day for day in paused if day > now.date()), default=None),
        "has_own": any(row.is_own for row in rows),
        "confirmed": sees_names(actor()),
    }


@blueprint.get("/new/guest-lecture")
@roles(*OFFERERS)
def new_guest_lecture() -> str:
    form, companies = _form(None)
    return render_template(FORM, form=form, **_form_page(form, companies, ()))


@blueprint.post("/new/guest-lecture")
@roles(*OFFERERS)
def create_guest_lecture() -> Any:
    form, companies = _form(None, bound=True)
    person, now = actor(), utcnow()
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_form_page(form, companies, topic_ids))
    try:
        with writing() as session:
            offer_id = services.create_offer(session, actor=person, given=form.given(topic_ids), now=now).id
            leads_to(url_for(".show", offer_id=offer_id))
            if not request.form.get("keep"):
                services.open_offer(session, actor=person, offer_id=offer_id, now=now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_form_page(form, companies, topic_ids))
    toast(_("Kept as a draft.") if request.form.get("keep") else _("Your lesson can be found now."))
    return redirect(url_for(".show", offer_id=offer_id))


@blueprint.get("/<int:offer_id>/edit")
@roles(*CHANGERS)
def edit(offer_id: int) -> str:
    view = changeable(offer_id)
    if view.offer.kind is STAY:
        return place_routes.shown(view)
    if view.offer.kind is Kind.HYBRID_PLACEMENT:
        return hybrid_routes.shown(view)
    given = queries.input_of(reading(), view.offer)
    form, companies = _form(given, place=view.organisation)
    form.show(given, view.offer.version)
    return render_template(FORM, form=form, **_form_page(form, companies, given.topic_ids, view))


@blueprint.post("/<int:offer_id>/edit")
@roles(*CHANGERS)
def save(offer_id: int) -> Any:
    view = changeable(offer_id)
    if view.offer.kind is STAY:
        return place_routes.save_place(view)
    if view.offer.kind is Kind.HYBRID_PLACEMENT:
        return hybrid_routes.save_hybrid(view)
    form, companies = _form(queries.input_of(reading(), view.offer), bound=True, place=view.organisation)
    person, now = actor(), utcnow()
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_form_page(form, companies, topic_ids, view))
    version = number_in(form.version.data)
    try:
        with writing() as session:
            given = form.given(topic_ids)
            services.change_offer(session, actor=person, offer_id=offer_id, given=given, now=now, version=version)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid(FORM, form, **_form_page(form, companies, topic_ids, view))
    toast(_("Your changes are saved."))
    return redirect(url_for(".show", offer_id=offer_id))


@blueprint.get("/<int:offer_id>")
@signed_in
def show(offer_id: int) -> str:
    person = actor()
    view = queries.offer_for(reading(), person, offer_id, locale=current_locale())
    asks = person.has(Role.SCHOOL_LEAD, confirmed=False)
    if view.offer.kind is not Kind.HYBRID_PLACEMENT:
        asks = asks or person.has(Role.TEACHER, confirmed=False)
    return render_template(
        "offers/show.html",
        view=view,
        asks=asks and view.offer.state is OfferState.OPEN,
        asked_for=number_in(request.args.get("request")),
        states=STATES,
        line=offer_line(view.offer),
        facts=facts_of_offer(view.offer, view.place, names=view.can_change or sees_names(actor())),
        is_place=view.offer.kind is STAY,
        is_hybrid=view.offer.kind is Kind.HYBRID_PLACEMENT,
        limits=limit_facts(view.offer) if view.can_change else [],
        confirmed=sees_names(actor()),
    )


@blueprint.post("/<int:offer_id>/open")
@roles(*CHANGERS)
def open_(offer_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        kind = services.open_offer(session, actor=person, offer_id=offer_id, now=now, version=_shown()).kind
    toast(str(FOUND[kind]), undo=url_for(".withdraw", offer_id=offer_id))
    return redirect(url_for(".show", offer_id=offer_id))


@blueprint.post("/<int:offer_id>/withdraw")
@roles(*CHANGERS)
def withdraw(offer_id: int) -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        kind = services.withdraw_offer(session, actor=person, offer_id=offer_id, now=now, version=_shown()).kind
    toast(str(HIDDEN[kind]), undo=url_for(".open_", offer_id=offer_id))
    return redirect(url_for(".show", offer_id=offer_id))


@blueprint.post("/<int:offer_id>/release")
@roles("company_contact")
def release(offer_id: int) -> Response:
    person, now = actor(), utcnow()
    released = request.form.get("released") == "1"
    with writing() as session:
        services.release_offer(session, actor=person, offer_id=offer_id, released=released, now=now)
    toast(_("Schools can ask your colleague directly.") if released else _("Schools ask through you again."))
    return redirect(url_for(".index"))


@blueprint.post("/pause")
@roles(*OFFERERS)
def pause() -> Any:
    form, person, now = PauseForm(), actor(), utcnow()
    if not form.validate():
        return invalid("offers/index.html", form, **_list_page())
    try:
        with writing() as session:
            services.pause_offers(session, actor=person, until=form.until.data, now=now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        return invalid("offers/index.html", form, **_list_page())
    toast(_("Nobody asks you until then."), undo=url_for(".resume", back=request.form.get("back")))
    return _back()


@blueprint.post("/resume")
@roles(*OFFERERS)
def resume() -> Response:
    person, now = actor(), utcnow()
    with writing() as session:
        services.pause_offers(session, actor=person, until=None, now=now)
    toast(_("Schools can ask you again."))
    return _back()


@blueprint.post("/<int:offer_id>/limits")
@roles(*CHANGERS)
def limits(offer_id: int) -> Any:
    """The limits of a lesson alone, from the page of the week."""
    view = changeable(offer_id)
    form, person, now = LimitsForm.of(view.offer), actor(), utcnow()
    if view.offer.kind is not Kind.GUEST_LECTURE or not form.validate():
        toast(_("Not saved: choose one of the list."), kind="problem")
        return _back()
    given = queries.input_of(reading(), view.offer)
    given = replace(given, yearly_cap=form.most_a_year, open_cap=form.open_cap.data)
    version = number_in(form.version.data)
    with writing() as session:
        services.change_offer(session, actor=person, offer_id=offer_id, given=given, now=now, version=version)
    toast(_("Your changes are saved."))
    return _back()


def _back() -> Response:
    """To the page of one's week where that is where it was said."""
    return redirect(url_for("availability.index" if request.values.get("back") == "week" else ".index"))


def _form(
    current: OfferInput | None, *, bound: bool = False, place: Organisation | None = None
) -> tuple[GuestLectureForm, list[Organisation]]:
    """The form with this reader's choices; whose offer an existing one is stays as it is."""
    form = GuestLectureForm() if bound else GuestLectureForm(formdata=None)
    person = actor()
    companies = [place] if place is not None else queries.companies_of(reading(), person)
    if not companies:
        raise NotFound(_("You are not linked to a company yet."))
    form.offer_choices(
        companies,
        team=person.has(Role.COMPANY_CONTACT, confirmed=False) or bool(current and current.team),
        current=current,
    )
    if bound and (len(companies) == 1 or current is not None):
        form.organisation.data = companies[0].id
    if current is not None:
        form.organisation.data = current.organisation_id
    return form, companies


def _form_page(
    form: GuestLectureForm,
    companies: Sequence[Organisation],
    topic_ids: Sequence[int],
    view: queries.OfferView | None = None,
) -> dict[str, Any]:
    session, locale = reading(), current_locale()
    return {
        "companies": companies,
        "view": view,
        "chosen_topics": topics_with_ids(session, topic_ids, locale),
        "topic_groups": topics_by_type(session, locale),
    }


@blueprint.get("/on-behalf")
@roles("coordinator")
def choose_company() -> str:
    text = request.args.get("q", "")[:100]
    found = queries.companies_in(reading(), actor().region_ids, text)
    asked = request.args.get("kind")
    kind = next((one for one in BEHALF_KINDS if one[0] == asked), BEHALF_KINDS[0])
    is_full = len(found) >= queries.MOST_COMPANIES
    return render_template(
        "offers/choose_company.html", found=found, is_full=is_full, q=text, kinds=BEHALF_KINDS, kind=kind
    )


@blueprint.get("/on-behalf/<int:organisation_id>")
@roles("coordinator")
def new_on_behalf(organisation_id: int) -> str:
    company = queries.company_in(reading(), actor().region_ids, organisation_id)
    form = _for_somebody(OnBehalfForm(formdata=None), company)
    return render_template(FORM, form=form, **_behalf_page(company, ()))


@blueprint.post("/on-behalf/<int:organisation_id>")
@roles("coordinator")
def create_on_behalf(organisation_id: int) -> Any:
    company = queries.company_in(reading(), actor().region_ids, organisation_id)
    form, person, now = _for_somebody(OnBehalfForm(), company), actor(), utcnow()
    topic_ids = ticked_topics(reading(), form)
    if not form.validate():
        return invalid(FORM, form, **_behalf_page(company, topic_ids))
    whose = form.person.data or None
    try:
        with writing() as session:
            given, heard = form.given(topic_ids), form.heard(now)
            offer_id = services.create_offer_for(
                session, actor=person, person_id=whose, given=given, heard=heard, now=now
            ).id
            leads_to(url_for(".show", offer_id=offer_id))
            if not request.form.get("keep"):
                services.open_offer(session, actor=person, offer_id=offer_id, now=now)
    except InvalidInput as refusal:
        form.refuse(refusal)
        company = queries.company_in(reading(), person.region_ids, organisation_id)
        return invalid(FORM, form, **_behalf_page(company, topic_ids))
    toast(_("Noted. Schools find this lesson once the person is confirmed."))
    return redirect(url_for(".show", offer_id=offer_id))


def _for_somebody(form: OnBehalfForm, company: Organisation) -> OnBehalfForm:
    """People of this company, or its team; whose lesson it is decides for whom it is given."""
    people = members_of(reading(), company.id, COMPANY_ROLES, confirmed=False)
    form.offer_choices([company], team=True)
    form.person.choices = choices([*((user.id, user.name) for user in people), (0, _l("Someone of the team"))])
    form.organisation.data = company.id
    form.who.data = EMPLOYER if form.person.data else TEAM
    return form


def _behalf_page(company: Organisation, topic_ids: Any) -> dict[str, Any]:
    return {
        "companies": [company],
        "view": None,
        "chosen_topics": topics_with_ids(reading(), topic_ids, current_locale()),
        "topic_groups": topics_by_type(reading(), current_locale()),
    }


def _shown() -> int | None:
    """The version of the offer that the page showed."""
    return number_in(request.form.get("version"))
