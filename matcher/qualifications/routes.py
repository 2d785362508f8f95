"""The finder of routes for everybody, and the routes themselves for administrators."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import local_date, utcnow
from matcher.errors import InvalidInput
from matcher.i18n import _
from matcher.qualifications import queries, services, wording
from matcher.qualifications.forms import FindRouteForm, TeachingRouteForm
from matcher.qualifications.models import TeachingRoute
from matcher.qualifications.policy import Wish, may_teach
from matcher.qualifications.states import Held, Verdict
from matcher.web.forms import number_in
from matcher.web.guards import actor, maybe_actor, public, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

blueprint = Blueprint("qualifications", __name__, url_prefix="/qualifications")

Answer = str | Response | tuple[str, int]


@blueprint.get("")
@public
def index() -> Answer:
    """The form alone until somebody asked something; an answer that no choice has gives the form again with 422."""
    if not {"sector", "education", "subjects", "held", "hours"} & request.args.keys():
        return _finder(FindRouteForm(formdata=None))
    form = FindRouteForm(request.args)
    if not form.validate():
        return _finder(form), 422
    return _finder(form, form.wish())


@blueprint.get("/routes")
@roles("administrator")
def manage() -> str:
    return render_template("qualifications/manage.html", lines=queries.route_lines(reading(), _today()))


@blueprint.get("/routes/new")
@roles("administrator")
def new_route() -> str:
    return render_template(
        "qualifications/new.html", form=TeachingRouteForm(formdata=None, data={"checked_on": _today()})
    )


@blueprint.post("/routes/new")
@roles("administrator")
def new_route_post() -> Answer:
    form, who = TeachingRouteForm(), actor()
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        with writing() as session:
            row = services.add_route(session, actor=who, values=form.values(), now=utcnow())
    except InvalidInput as error:
        _refuse(form, error)
        return render_template("qualifications/new.html", form=form), 422
    toast(_("The route is added. Visitors see it from now on."))
    return redirect(url_for(".edit_route", route_id=row.id))


@blueprint.get("/routes/<int:route_id>")
@roles("administrator")
def edit_route(route_id: int) -> str:
    row = queries.route(reading(), route_id)
    said = {name: getattr(row, name) for name in services.COLUMNS}
    form = TeachingRouteForm(formdata=None, data={**said, "version": str(row.version)})
    return _edit_page(row, form)


@blueprint.post("/routes/<int:route_id>")
@roles("administrator")
def edit_route_post(route_id: int) -> Answer:
    form, who = TeachingRouteForm(), actor()
    row = queries.route(reading(), route_id)
    before, version = row.version, number_in(form.version.data)
    try:
        if not form.validate_on_submit():
            raise InvalidInput()
        with writing() as session:
            row = services.change_route(
                session, route_id, actor=who, values=form.values(), version=version, now=utcnow()
            )
    except InvalidInput as error:
        _refuse(form, error)
        return _edit_page(queries.route(reading(), route_id), form), 422
    return _done(row, before, _("Saved. Visitors see it from now on."))


@blueprint.post("/routes/<int:route_id>/end")
@roles("administrator")
def end_route_post(route_id: int) -> Response:
    row = _step(services.end_route, route_id)
    undo = url_for(".reopen_route_post", route_id=row.id, version=row.version)
    toast(_("Visitors do not see this route any more."), undo=undo)
    return redirect(url_for(".edit_route", route_id=row.id))


@blueprint.post("/routes/<int:route_id>/reopen")
@roles("administrator")
def reopen_route_post(route_id: int) -> Response:
    row = _step(services.reopen_route, route_id)
    toast(_("Visitors see this route again."))
    return redirect(url_for(".edit_route", route_id=row.id))


@blueprint.post("/routes/<int:route_id>/said/<int:seq>")
@roles("administrator")
def restore_route_post(route_id: int, seq: int) -> Response:
    before = queries.route(reading(), route_id).version
    row = _step(services.restore_route, route_id, seq=seq)
    return _done(row, before, _("The route says again what it said then."))


def _finder(form: FindRouteForm, wish: Wish | None = None) -> str:
    """The form, and with a wish the routes of that sector."""
    cards = queries.cards_for(reading(), wish, _today()) if wish else []
    person, held = maybe_actor(), may_teach(wish) if wish else Held.NOTHING
    return render_template(
        "qualifications/index.html",
        form=form,
        wish=wish,
        held=wording.HELD.get(held),
        open_cards=[card for card in cards if card.fit and card.fit.verdict is not Verdict.NOT],
        closed_cards=[card for card in cards if card.fit and card.fit.verdict is Verdict.NOT],
        words=wording,
        may_manage=person is not None and person.is_administrator,
    )


def _edit_page(row: TeachingRoute, form: TeachingRouteForm) -> str:
    return render_template(
        "qualifications/edit.html",
        route=row,
        card=queries.card(row, _today()),
        form=form,
        history=queries.history(reading(), row.id),
        changes=wording.CHANGES,
    )


def _step(service: Callable[..., TeachingRoute], route_id: int, **more: Any) -> TeachingRoute:
    """One step with a route; the version comes with the form, or with the address of an undo."""
    who, version = actor(), number_in(request.values.get("version"))
    with writing() as session:
        return service(session, route_id, actor=who, version=version, now=utcnow(), **more)


def _done(row: TeachingRoute, before: int, message: str) -> Response:
    """Back to the route; when something changed, with the way back to what it said before."""
    earlier = queries.history(reading(), row.id)[1:2] if row.version != before else []
    undo = [
        url_for(".restore_route_post", route_id=row.id, seq=one.revision.seq, version=row.version) for one in earlier
    ]
    toast(message if row.version != before else _("Nothing was different."), undo=undo[0] if undo else None)
    return redirect(url_for(".edit_route", route_id=row.id))


def _refuse(form: TeachingRouteForm, error: InvalidInput) -> None:
    if str(error):
        form.refuse(error)


def _today() -> date:
    return local_date(utcnow())
