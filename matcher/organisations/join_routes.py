"""Where somebody belongs: finding a school or company, registering one, adding a school by hand.

The blueprint starts here; `routes` adds the page of an organisation and what coordinators decide.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES, Role
from matcher.clock import utcnow
from matcher.errors import Forbidden, InvalidInput
from matcher.i18n import _, current_locale
from matcher.organisations import policy, queries, services
from matcher.organisations.forms import ROLE_NAMES, CompanyForm, JoinForm, SchoolForm, SectorForm, SelfEmployedForm
from matcher.organisations.services import NOT_YOURS, NewCompany, NewSchool
from matcher.organisations.states import OrganisationType, SchoolSector, SizeClass
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles, signed_in
from matcher.web.limits import limiter
from matcher.web.once import leads_to
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")

# Somebody who claims one organisation after the other is not looking for their own.
few_joins = limiter.limit("30 per hour", methods=["POST"])


@blueprint.get("/")
@signed_in
def index() -> Any:
    """My organisations; who looks after a region can search all of it."""
    person, text = actor(), request.args.get("q", "")[:100]
    looks_after = person.is_coordinator or person.is_administrator
    found = []
    if looks_after and text:
        found = queries.search_all(reading(), text, None if person.is_administrator else person.region_ids)
    return render_template(
        "organisations/index.html",
        mine=[_mine(place) for place in queries.organisations_of(reading(), person)],
        text=text,
        found=found,
        looks_after=looks_after,
    )


@blueprint.get("/start")
@signed_in
def start() -> Response:
    """After registering: straight to the page that fits what was chosen."""
    chosen = request.args.get("role", "")
    if chosen in {"teacher", "lead"}:
        role = Role.SCHOOL_LEAD if chosen == "lead" else Role.TEACHER
        return redirect(url_for(".find_school", role=role.value))
    if chosen == "company":
        return redirect(url_for(".find_company"))
    if chosen == "self_employed":
        return redirect(url_for(".new_self_employed"))
    return redirect(url_for(".index"))


@blueprint.get("/schools")
@signed_in
def find_school() -> str:
    return _search_page("school", SCHOOL_ROLES)


@blueprint.get("/companies")
@signed_in
def find_company() -> str:
    return _search_page("company", COMPANY_ROLES)


def _search_page(kind: str, fitting: frozenset[Role]) -> str:
    text, role = request.args.get("q", "")[:100], request.args.get("role", "")
    search = queries.search_schools if kind == "school" else queries.search_companies
    found = search(reading(), text)
    part = request.headers.get("HX-Request")
    return render_template(
        "organisations/_found.html" if part else "organisations/find.html",
        kind=kind,
        text=text,
        role=role if role in fitting else None,
        found=found,
        is_full=len(found) >= queries.MOST_FOUND,
        may_add=policy.can_add_school(actor()),
    )


@blueprint.get("/<int:organisation_id>/join")
@signed_in
def join(organisation_id: int) -> str:
    place = queries.organisation(reading(), organisation_id)
    form = JoinForm(role=request.args.get("role"))
    form.offer(_roles_for(place.type))
    return render_template("organisations/join.html", form=form, place=place)


@blueprint.post("/<int:organisation_id>/join")
@signed_in
@few_joins
def join_post(organisation_id: int) -> Any:
    place = queries.organisation(reading(), organisation_id)
    form = JoinForm()
    form.offer(_roles_for(place.type))
    if not form.validate_on_submit():
        return invalid("organisations/join.html", form, place=place)
    person = actor()
    with writing() as unit:
        grant = services.join_organisation(
            unit, actor=person, organisation_id=place.id, role=Role(form.role.data), now=utcnow()
        )
    toast(_("You are confirmed.") if grant.confirmed_at else _("Asked. You can go on: what you send waits until then."))
    return redirect(url_for(".show", organisation_id=place.id))


@blueprint.get("/companies/new")
@signed_in
def new_company() -> str:
    form = CompanyForm(name=request.args.get("q"))
    return render_template("organisations/new_company.html", form=_offered(form))


@blueprint.post("/companies/new")
@signed_in
@few_joins
def new_company_post() -> Any:
    form = _offered(CompanyForm())
    if not form.validate_on_submit():
        return invalid("organisations/new_company.html", form)
    company = NewCompany(
        name=form.name.data,
        kvk=form.kvk.data,
        postcode=form.postcode.data,
        sector_id=form.sector_id.data,
        size=SizeClass(form.size.data),
    )
    chosen, person = [Role(role) for role in form.roles.data], actor()
    try:
        with writing() as unit:
            place = services.register_company(unit, actor=person, company=company, roles=chosen, now=utcnow())
            leads_to(url_for(".show", organisation_id=place.id))
    except InvalidInput as error:
        return _refused("organisations/new_company.html", form, error)
    toast(_("Registered. The regional coordinator checks it; you can go on in the meantime."))
    return redirect(url_for(".show", organisation_id=place.id))


@blueprint.get("/self-employed/new")
@signed_in
def new_self_employed() -> str:
    return render_template("organisations/new_self_employed.html", form=_offered(SelfEmployedForm()))


@blueprint.post("/self-employed/new")
@signed_in
@few_joins
def new_self_employed_post() -> Any:
    form = _offered(SelfEmployedForm())
    if not form.validate_on_submit():
        return invalid("organisations/new_self_employed.html", form)
    person = actor()
    try:
        with writing() as unit:
            place = services.register_self_employed(
                unit,
                actor=person,
                postcode=form.postcode.data,
                kvk=form.kvk.data or None,
                sector_id=form.sector_id.data,
                now=utcnow(),
            )
            leads_to(url_for(".show", organisation_id=place.id))
    except InvalidInput as error:
        return _refused("organisations/new_self_employed.html", form, error)
    toast(_("Registered. The regional coordinator checks it; you can go on in the meantime."))
    return redirect(url_for(".show", organisation_id=place.id))


@blueprint.get("/schools/new")
@roles("coordinator", "administrator")
def new_school() -> str:
    form = SchoolForm()
    form.offer_levels(current_locale())
    return render_template("organisations/new_school.html", form=form)


@blueprint.post("/schools/new")
@roles("coordinator", "administrator")
def new_school_post() -> Any:
    form, person = SchoolForm(), actor()
    form.offer_levels(current_locale())
    if not policy.can_add_school(person):
        raise Forbidden(NOT_YOURS)
    if not form.validate_on_submit():
        return invalid("organisations/new_school.html", form)
    school = NewSchool(
        name=form.name.data,
        brin=form.brin.data,
        location=form.location.data,
        sector=SchoolSector(form.sector.data),
        levels=form.levels.data,
        postcode=form.postcode.data,
        street=form.street.data or None,
    )
    try:
        with writing() as unit:
            place = services.add_school(unit, actor=person, school=school, now=utcnow())
            leads_to(url_for(".show", organisation_id=place.id))
    except InvalidInput as error:
        return _refused("organisations/new_school.html", form, error)
    toast(_("The school was added."))
    return redirect(url_for(".show", organisation_id=place.id))


def _refused(template: str, form: Any, error: InvalidInput) -> Any:
    """A refusal of the service beside its field, with everything that was typed."""
    if isinstance(form, SectorForm):
        _offered(form)
    form.refuse(error)
    return invalid(template, form)


def _offered(form: Any) -> Any:
    locale = current_locale()
    form.offer_sectors([(topic.id, topic.nl if locale == "nl" else topic.en) for topic in queries.sectors(reading())])
    return form


def _roles_for(type_: OrganisationType) -> list[Role]:
    fitting = policy.roles_at(type_)
    return [role for role in ROLE_NAMES if role in fitting]


def _mine(place: Any) -> dict[str, Any]:
    held = [grant for grant in actor().grants if grant.organisation_id == place.id]
    return {
        "place": place,
        "roles": ", ".join(str(ROLE_NAMES[grant.role]) for grant in held),
        "is_confirmed": policy.is_confirmed_for(actor(), place),
        "is_verified": place.verified_at is not None,
    }
