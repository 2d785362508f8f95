"""Open requests near me: browsing them, and coming forward for one. Registered on the room's blueprint."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.errors import Conflict
from matcher.i18n import _, current_locale
from matcher.matching.match_routes import blueprint
from matcher.matching.nearby_page_queries import nearby_rows
from matcher.matching.nearby_queries import nearby
from matcher.matching.nearby_services import come_forward
from matcher.matching.nearby_views import DISTANCES, Wanted
from matcher.matching.nearby_wording import own_never_lines
from matcher.offers.policy import sees_names
from matcher.subjects.finding import as_shown
from matcher.subjects.levels import Level, level_name
from matcher.web.guards import actor, roles
from matcher.web.paging import paged
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

OFFERERS = ("professional", "company_contact")
PER_PAGE = 12


@blueprint.get("/requests/nearby")
@roles(*OFFERERS)
def nearby_requests() -> str:
    session, person, now, locale = reading(), actor(), utcnow(), current_locale()
    wanted = Wanted(
        text=as_shown(request.args.get("q", "")),
        level=_one_of("level", [level.value for level in Level]),
        km=int(_one_of("km", [str(km) for km in DISTANCES]) or 0) or None,
    )
    found = nearby(session, person, wanted, now=now, locale=locale)
    page = paged(found.fits, per_page=PER_PAGE)
    return render_template(
        "matching/nearby.html",
        page=page,
        rows=nearby_rows(session, page.rows, names=sees_names(person), now=now),
        found=found,
        never=own_never_lines(found.never)[:5],
        wanted=wanted,
        levels=[(level.value, level_name(level, locale)) for level in Level],
        distances=DISTANCES,
        confirmed=sees_names(person),
    )


def _one_of(name: str, known: list[str]) -> str | None:
    asked = request.args.get(name, "")
    return asked if asked in known else None


@blueprint.post("/requests/<int:request_id>/come-forward")
@roles(*OFFERERS)
def come_forward_post(request_id: int) -> Response:
    """The school answers on the page of the match; it chooses the moment."""
    offer_id = request.form.get("offer", type=int) or 0
    person, now = actor(), utcnow()
    try:
        with writing() as session:
            match_id = come_forward(session, request_id=request_id, offer_id=offer_id, actor=person, now=now).id
    except Conflict as refusal:
        toast(str(refusal), kind="problem")
        return redirect(url_for(".nearby_requests"))
    toast(_("The school hears that you want to give this lesson. It chooses a moment, or says no."))
    return redirect(url_for(".show", match_id=match_id))
