"""Registering what was arranged elsewhere: which school, which company, then one page for its kind."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from matcher.accounts.behalf_forms import KEPT
from matcher.availability.halfday_wording import half_day_table
from matcher.availability.states import Kind
from matcher.clock import utcnow
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.past_forms import FORMS, PastForm
from matcher.coordination.visit_queries import MOST, Between, between, companies_found, school_here
from matcher.errors import Conflict, InvalidInput
from matcher.i18n import _, current_locale
from matcher.matching.afterwards_services import register_visit
from matcher.matching.labels import KINDS
from matcher.requests.pages import level_choices
from matcher.requests.queries import MOST_SCHOOLS, recognised_topics, schools_in
from matcher.subjects.queries import topics_by_type, topics_with_ids
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

FORM = "coordination/visit.html"


@blueprint.get("/visits/new")
@roles("coordinator")
def new_visit() -> str | Response:
    session, person, text = reading(), actor(), request.args.get("q", "")[:100]
    school_id, company_id = request.args.get("school", type=int), request.args.get("company", type=int)
    if school_id is None:
        found = schools_in(session, person.region_ids, text)
        if _jumps(text) and len(found) == 1:
            return redirect(url_for(".new_visit", school=found[0].id))
        return _choose(None, found, text, len(found) >= MOST_SCHOOLS)
    school = school_here(session, person, school_id)
    if company_id is None:
        found = companies_found(session, person, text)
        if _jumps(text) and len(found) == 1:
            return redirect(url_for(".new_visit", school=school.id, company=found[0].id))
        return _choose(school, found, text, len(found) >= MOST)
    kind = _kind()
    sides = between(session, school, company_id, kind)
    form = _form(FORMS[kind](formdata=None), sides)
    form.recall(cookie.get(KEPT), utcnow())
    form.begin_with(sides.guests, sides.offers)
    return render_template(FORM, form=form, **_page(form, sides))


@blueprint.post("/visits/new")
@roles("coordinator")
def register() -> Any:
    session, person, now = reading(), actor(), utcnow()
    school = school_here(session, person, request.args.get("school", 0, type=int))
    kind = _kind()
    sides = between(session, school, request.args.get("company", 0, type=int), kind)
    form = _form(FORMS[kind](), sides)
    form.fill_in(sides.titles)
    if not form.validate():
        return invalid(FORM, form, **_page(form, sides))
    ticked = tuple(dict.fromkeys(form.topics.data or ()))[:12]
    topic_ids = ticked or recognised_topics(session, form.topic_text.data or form.title.data)
    visit = form.visit(school.id, sides.company.id, topic_ids, now)
    try:
        with writing() as unit:
            match_id = register_visit(unit, visit=visit, actor=person, now=now).id
    except (InvalidInput, Conflict) as refusal:
        school = school_here(reading(), person, visit.school_id)
        sides = between(reading(), school, visit.company_id, kind)
        form.refuse(refusal if isinstance(refusal, InvalidInput) else InvalidInput(refusal.message))
        return invalid(FORM, form, **_page(form, sides))
    toast(_("Registered. It counts in the figures; nobody got a message."))
    cookie[KEPT] = form.kept(now)
    if "another" in request.form:
        return redirect(url_for(".new_visit"))
    return redirect(url_for("matching.show", match_id=match_id))


def _choose(school: Any, found: Any, text: str, is_full: bool) -> str:
    return render_template("coordination/visit_choose.html", school=school, found=found, q=text, is_full=is_full)


def _jumps(text: str) -> bool:
    """A typed search goes on by itself when one is left; an address with a text shows its list."""
    return bool(text) and "jump" in request.args


def _kind() -> Kind:
    """What was arranged; anything unknown means a lesson."""
    text = request.args.get("kind", "")
    return Kind(text) if text in set(Kind) else Kind.GUEST_LECTURE


def _form(form: PastForm, sides: Between) -> PastForm:
    form.offer_choices(sides.teachers, sides.guests, sides.offers, level_choices(sides.school))
    return form


def _page(form: PastForm, sides: Between) -> dict[str, Any]:
    locale = current_locale()
    return {
        "sides": sides,
        "kind": form.kind.value,
        "tabs": _tabs(form.kind, sides),
        "half_days": half_day_table(),
        "chosen_topics": topics_with_ids(reading(), (form.topics.data or [])[:12], locale),
        "topic_groups": topics_by_type(reading(), locale),
    }


def _tabs(current: Kind, sides: Between) -> list[tuple[Any, str, None, bool]]:
    def address(kind: Kind) -> str:
        return url_for(".new_visit", school=sides.school.id, company=sides.company.id, kind=kind.value)

    return [(KINDS[kind], address(kind), None, kind is current) for kind in Kind]
