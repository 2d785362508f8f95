"""Pages for everybody: home, explanations, figures, privacy, help, status."""

from typing import Any

from flask import Blueprint, current_app, render_template, url_for

from matcher.accounts.states import Role
from matcher.clock import local_date, school_year, utcnow
from matcher.config import shared_folder
from matcher.errors import NotFound
from matcher.home import explaining, guides, queries, working
from matcher.home.figures import Health, PublicFigures, RegionFigures
from matcher.i18n import current_locale
from matcher.jobs.periods import Periodic
from matcher.jobs.queue import queue_waiting
from matcher.matching.model_queries import running
from matcher.monitor import figures as monitor
from matcher.monitor import queries as monitor_queries
from matcher.regions import netherlands
from matcher.web.assets import read_static
from matcher.web.guards import maybe_actor, public
from matcher.web.transaction import reading

blueprint = Blueprint("home", __name__)
WAYS_IN = {"teacher": "teacher", "professional": "company", "company": "company"}


@blueprint.get("/")
@public
def index() -> str:
    figures = queries.public_figures(reading(), today=local_date(utcnow()))
    # Who gives a lesson for an employer or for themselves says so on the next page.
    starts = {who: _register_url(start) for who, start in WAYS_IN.items()}
    return render_template("home/index.html", figures=figures, map=_map(figures), starts=starts)


@blueprint.get("/how-it-works")
@public
def how_it_works() -> str:
    return render_template("home/how_it_works.html")


@blueprint.get("/for-schools")
@public
def for_schools() -> str:
    return render_template("home/for_schools.html", register_url=_register_url("teacher"))


@blueprint.get("/for-companies")
@public
def for_companies() -> str:
    return render_template("home/for_companies.html", register_url=_register_url("company"))


@blueprint.get("/figures")
@public
def figures() -> str:
    today = local_date(utcnow())
    found = queries.public_figures(reading(), today=today)
    counted = monitor_queries.figures(reading(), year=school_year(today), kinds=found.kinds)
    held = monitor.published(counted, {region.name: region.visits for region in found.regions})
    return render_template("home/figures.html", figures=found, map=_map(found), held=held, drawn=monitor.drawn)


@blueprint.get("/how-ranking-works")
@public
def how_ranking_works() -> str:
    now_runs = running(reading())
    name = now_runs.name if _is_administrator() else None
    found = explaining.explained(name, None if now_runs.is_rule else now_runs.card, now_runs.released_at)
    return render_template("home/how_ranking_works.html", never=explaining.NEVER, found=found)


@blueprint.get("/privacy")
@public
def privacy() -> str:
    return render_template("home/privacy.html")


@blueprint.get("/help")
@public
def help_contact() -> str:
    """Names and addresses of coordinators only for people with an account: robots read this page too."""
    actor = maybe_actor()
    shown = queries.coordinator_rows(reading()) if actor else []
    report_url = address_of("safeguarding.report") if actor else address_of("accounts.sign_in")
    return render_template("home/help.html", coordinators=shown, report_url=report_url, guides=guides.NAMES)


@blueprint.get("/help/<slug>")
@public
def guide(slug: str) -> str:
    """The guide of a role, as it stands in the documentation, in the reader's language."""
    if slug not in guides.ROLES:
        raise NotFound()
    file = shared_folder("guides", "docs") / f"{slug}.{current_locale()}.md"
    return render_template("home/guide.html", guide=guides.guide_of(file.read_text("utf-8")))


@blueprint.get("/status")
@public
def status() -> str:
    """No numbers about people; details are for administrators and `matcher status`."""
    shows_all = _is_administrator()
    health = _health()
    shown: dict[str, Any] = {"facts": explaining.health_facts(health, shows_all), "healthy": health.is_fine}
    if shows_all:
        shown |= working.shown(health, {job.name: job.label for job in _regular()})
    return render_template("home/status.html", shows_all=shows_all, **shown)


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, object]:
    """For whoever watches the server: degraded means that it works, and that somebody should look."""
    return _health().as_json()


def _is_administrator() -> bool:
    actor = maybe_actor()
    return actor is not None and actor.has(Role.ADMINISTRATOR)


def _health() -> Health:
    settings = current_app.extensions["matcher_settings"]
    names = [job.name for job in _regular()]
    return queries.health(reading(), now=utcnow(), regular=names, folder=settings.var, queue=queue_waiting(settings))


def _regular() -> list[Periodic]:
    found: list[Periodic] = current_app.extensions["matcher_periodic"]
    return found


def address_of(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or None when no room has it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _register_url(start: str) -> str | None:
    return address_of("accounts.register", start=start)


def _counted(region: RegionFigures) -> dict[str, Any]:
    """Where the number of a region stands on the drawing."""
    x, y = netherlands.project(*region.middle) if region.middle else (0.0, 0.0)
    return {"x": round(x, 1), "y": round(y, 1), "count": region.open_requests, "name": region.name}


def _map(figures: PublicFigures) -> dict[str, Any]:
    return {
        "width": netherlands.WIDTH,
        "height": netherlands.HEIGHT,
        "shapes": netherlands.shapes(read_static(netherlands.DRAWING)),
        "dots": netherlands.dots(figures.spots),
        "counts": [_counted(region) for region in figures.regions if region.middle and region.open_requests],
    }
