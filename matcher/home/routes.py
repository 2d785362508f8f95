"""Public pages, one dashboard per role, the header every page shares, and the choice of language."""

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from matcher.accounts.policy import Actor
from matcher.accounts.states import Role
from matcher.clock import local_date, utcnow
from matcher.home import nav, netherlands, queries
from matcher.home.forms import ExampleForm
from matcher.i18n import LOCALES, _, current_locale
from matcher.web.assets import read_static
from matcher.web.guards import actor, local_target, maybe_actor, public, signed_in
from matcher.web.language import choose_locale
from matcher.web.transaction import reading

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def index() -> str:
    figures = queries.public_figures(reading(), today=local_date(utcnow()))
    return render_template("home/index.html", figures=figures, map=_map(figures))


@blueprint.get("/how-it-works")
@public
def how_it_works() -> str:
    return render_template("home/how_it_works.html")


@blueprint.get("/for-schools")
@public
def for_schools() -> str:
    return render_template("home/for_schools.html")


@blueprint.get("/for-companies")
@public
def for_companies() -> str:
    return render_template("home/for_companies.html")


@blueprint.get("/figures")
@public
def figures() -> str:
    found = queries.public_figures(reading(), today=local_date(utcnow()))
    return render_template("home/figures.html", figures=found, map=_map(found))


@blueprint.get("/how-ranking-works")
@public
def how_ranking_works() -> str:
    return render_template("home/how_ranking_works.html")


@blueprint.get("/privacy")
@public
def privacy() -> str:
    return render_template("home/privacy.html")


@blueprint.get("/help")
@public
def help_contact() -> str:
    return render_template("home/help.html")


@blueprint.get("/status")
@public
def status() -> str:
    return render_template("home/status.html")


@blueprint.get("/dashboard")
@signed_in
def dashboard() -> Any:
    return render_template("home/dashboard.html")


@blueprint.get("/styleguide")
@public
def styleguide() -> str:
    if not (current_app.jinja_env.globals.get("is_demo") or current_app.debug or current_app.testing):
        abort(404)
    form = ExampleForm(None, meta={"csrf": False})
    form.validate()
    return render_template("home/styleguide.html", form=form)


@blueprint.post("/language")
@public
def language() -> Response:
    choose_locale(request.form.get("lang", ""))
    return redirect(local_target(request.form.get("next"), url_for("home.index")))


@blueprint.app_context_processor
def shared_header() -> dict[str, Any]:
    return {"site": _site(maybe_actor())}


def _site(person: Actor | None) -> dict[str, Any]:
    """What header and footer need, also on error pages: nothing here may fail because a page does not exist."""
    links = nav.links_for({Role(grant.role) for grant in person.grants} if person else ())
    return {
        "nav": _entries(links, request.path),
        "account": _account(person),
        "inbox_url": _address("notices.inbox") if person else None,
        "inbox_count": queries.unread_messages(reading(), user_id=person.user_id) if person and person.user_id else 0,
        "home_url": url_for("home.dashboard") if person else url_for("home.index"),
        "sign_in_url": _address("accounts.sign_in"),
        "sign_out_url": _address("accounts.sign_out"),
        "language_url": url_for("home.language"),
        "other_language": next(locale for locale in LOCALES if locale != current_locale()),
        "here": request.full_path.rstrip("?") if request.method == "GET" else url_for("home.index"),
        "help_url": url_for("home.help_contact"),
        "footer": [(link.label, url_for(link.endpoint)) for link in nav.FOOTER],
    }


def _entries(links: tuple[nav.Link, ...], path: str) -> list[dict[str, Any]]:
    current = nav.current_of(links, path)
    found = ((link, _address(link.endpoint)) for link in links)
    return [{"label": link.label, "url": url, "count": 0, "current": link is current} for link, url in found if url]


def _account(person: Actor | None) -> dict[str, Any] | None:
    if person is None:
        return None
    roles = list(dict.fromkeys(Role(grant.role) for grant in person.grants))
    note = " · ".join(str(nav.ROLE_NAMES[role]) for role in roles) or _("No role yet")
    return {"name": person.name, "note": note, "url": _address("accounts.index") or url_for("home.dashboard")}


def _address(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None


def _map(figures: queries.PublicFigures) -> dict[str, Any]:
    return {
        "width": netherlands.WIDTH,
        "height": netherlands.HEIGHT,
        "provinces": netherlands.provinces(read_static("vendor/netherlands/netherlands.svg")),
        "dots": netherlands.dots(figures.spots),
    }
