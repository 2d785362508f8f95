"""The header every page shares, the choice of language, the styleguide. Public pages and the dashboard: beside this."""

import re
from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts import services as accounts
from matcher.accounts.models import User
from matcher.accounts.policy import Actor
from matcher.accounts.states import SCHOOL_ROLES, Role
from matcher.availability.halfday_wording import half_day_table
from matcher.clock import utcnow
from matcher.home import dashboard_routes, nav, queries
from matcher.home.forms import ExampleForm
from matcher.home.public_routes import address_of, blueprint
from matcher.i18n import LOCALES, _, current_locale
from matcher.notices.queries import unread_count
from matcher.regions import netherlands
from matcher.web.assets import read_static
from matcher.web.guards import local_target, maybe_actor, public
from matcher.web.language import choose_locale
from matcher.web.transaction import reading, writing

__all__ = ["blueprint", "dashboard_routes"]


@blueprint.get("/styleguide")
@public
def styleguide() -> str:
    """Every component in every state; only where nobody works for real."""
    if not (current_app.jinja_env.globals.get("is_demo") or current_app.debug or current_app.testing):
        abort(404)
    form = ExampleForm(None, meta={"csrf": False})
    form.validate()
    icons = re.findall(r'<symbol id="([^"]+)"', read_static("img/icons.svg"))
    land = {"width": netherlands.WIDTH, "height": netherlands.HEIGHT,
            "shapes": netherlands.shapes(read_static(netherlands.DRAWING))}  # fmt: skip
    return render_template("home/styleguide.html", form=form, icons=icons, half_days=half_day_table(), land=land)


@blueprint.post("/language")
@public
def language() -> Response:
    """For this visit, and for the mails of whoever is signed in."""
    chosen, person = request.form.get("lang", ""), maybe_actor()
    if chosen in LOCALES and person and person.user_id:
        with writing() as unit:
            user = unit.get_one(User, person.user_id)
            accounts.change_profile(
                unit, user_id=user.id, name=user.name, locale=chosen, phone=user.phone, function=user.function
            )
    choose_locale(chosen)
    return redirect(local_target(request.form.get("next"), url_for("home.index")))


@blueprint.app_context_processor
def shared_header() -> dict[str, Any]:
    return {"site": _site(maybe_actor())}


def _site(person: Actor | None) -> dict[str, Any]:
    """What header and footer need, also on error pages: nothing here may fail because a page does not exist."""
    links = nav.links_for({Role(grant.role) for grant in person.grants} if person else ())
    counts = queries.waiting_counts(reading(), actor=person, now=utcnow()) if person else {}
    return {
        "nav": _entries(links, request.path, counts),
        "account": _account(person),
        "inbox_url": address_of("notices.inbox") if person else None,
        "inbox_count": unread_count(reading(), person.user_id, utcnow()) if person and person.user_id else 0,
        "home_url": url_for("home.dashboard") if person else url_for("home.index"),
        "requests_home": _requests_home(person),
        "sign_in_url": address_of("accounts.sign_in"),
        "sign_out_url": address_of("accounts.sign_out"),
        "language_url": url_for("home.language"),
        "other_language": next(locale for locale in LOCALES if locale != current_locale()),
        "here": request.full_path.rstrip("?") if request.method == "GET" else url_for("home.index"),
        "help_url": url_for("home.help_contact"),
        "wrong_url": url_for("home.help_contact", _anchor="wrong"),
        "contact": queries.contact_for(reading(), person) if person and not person.is_coordinator else None,
        "is_helper": person is not None and (person.is_coordinator or person.is_administrator),
        "footer": [(link.label, url_for(link.endpoint)) for link in nav.FOOTER],
    }


def _requests_home(person: Actor | None) -> tuple[str, str | None]:
    """Where the trail above a request begins: only who works at a school has requests of their own."""
    if person and {Role(grant.role) for grant in person.grants} & SCHOOL_ROLES:
        return _("My requests"), address_of("requests.index")
    return _("Overview"), url_for("home.dashboard")


def _entries(links: tuple[nav.Link, ...], path: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    current = nav.current_of(links, path)
    found = ((link, address_of(link.endpoint)) for link in links)
    return [
        {"label": link.label, "url": url, "count": counts.get(link.count or "", 0), "current": link is current}
        for link, url in found
        if url
    ]


def _account(person: Actor | None) -> dict[str, Any] | None:
    if person is None:
        return None
    roles = list(dict.fromkeys(Role(grant.role) for grant in person.grants))
    note = " · ".join(str(nav.ROLE_NAMES[role]) for role in roles) or _("No role yet")
    return {"name": person.name, "note": note, "url": address_of("accounts.index") or url_for("home.dashboard")}
