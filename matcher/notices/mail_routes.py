"""How often somebody wants mail: on a page of one's own, and behind the link in a letter, without signing in."""

from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.i18n import _
from matcher.links import Links
from matcher.notices import address_services, digest_services, queries
from matcher.notices.forms import MailForm
from matcher.notices.inbox_routes import blueprint, me
from matcher.notices.queries import Choice
from matcher.notices.states import Rhythm, Stop
from matcher.notices.stop_links import read_stop
from matcher.notices.wording import RHYTHM_TEXTS, STOPPED
from matcher.web.forms import invalid
from matcher.web.guards import actor, from_mail_programs, public, signed_in
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

GONE, FORBIDDEN = 410, 403
PAGE = "notices/mail.html"


@blueprint.get("/mail")
@signed_in
def mail() -> str:
    chosen = queries.mail_choice(reading(), me()) or Choice()
    form = MailForm(formdata=None, rhythm=chosen.rhythm.value, extras=chosen.extras)
    return render_template(PAGE, form=form, **_page())


@blueprint.post("/mail")
@signed_in
def mail_post() -> Any:
    form, user_id, now = MailForm(), me(), utcnow()
    if not form.validate_on_submit():
        return invalid(PAGE, form, **_page())
    with writing() as session:
        digest_services.choose_mail(
            session, user_id=user_id, rhythm=form.wanted, extras=bool(form.extras.data), now=now
        )
    toast(_("Saved."))
    return redirect(url_for(".mail"))


@blueprint.post("/mail/works")
@signed_in
def address_works() -> Response:
    """The mailbox was full or gone and is back: the mark on one's own address goes."""
    address = actor().email
    with writing() as session:
        address_services.trust_again(session, [address])
    toast(_("Thank you. We mail you again."))
    return redirect(url_for(".mail"))


@blueprint.get("/stop/<secret>")
@public
def stop(secret: str) -> Any:
    """Only a page: programs that follow every link of a mail stop nothing."""
    found = read_stop(_links(), secret)
    if found is None:
        return _dead()
    return render_template("notices/stop.html", what=STOPPED[found[1]], secret=secret, stopped=_is_stopped(*found))


@blueprint.post("/stop/<secret>")
@public
@from_mail_programs
@limiter.limit("60 per 5 minutes")
def stop_post(secret: str) -> Any:
    """The button of the page, and the one that mail programs show (RFC 8058): both lead to the same."""
    found = read_stop(_links(), secret)
    if found is None or not _is_known(found[0]):
        # The address stands for the token of a form: a wrong one is refused like a wrong token.
        return _dead(FORBIDDEN)
    again, now = request.form.get("answer") == "again", utcnow()
    wanted = _wanted(queries.mail_choice(reading(), found[0]) or Choice(), found[1], again)
    with writing() as session:
        digest_services.choose_mail(session, user_id=found[0], rhythm=wanted.rhythm, extras=wanted.extras, now=now)
    return render_template("notices/stop.html", what=STOPPED[found[1]], secret=secret, stopped=not again)


def _wanted(now: Choice, what: Stop, again: bool) -> Choice:
    if what is Stop.OPTIONAL:
        return Choice(now.rhythm, again)
    if again:
        return Choice(Rhythm.WEEKLY if now.rhythm is Rhythm.NEVER else now.rhythm, now.extras)
    return Choice(Rhythm.NEVER, now.extras)


def _is_stopped(user_id: int, what: Stop) -> bool:
    chosen = queries.mail_choice(reading(), user_id) or Choice()
    return not chosen.extras if what is Stop.OPTIONAL else chosen.rhythm is Rhythm.NEVER


def _is_known(user_id: int) -> bool:
    """Somebody who was mailed before and may be gone now."""
    return queries.has_notices(reading(), user_id)


def _page() -> dict[str, Any]:
    now = utcnow()
    return {
        "texts": RHYTHM_TEXTS,
        "email": actor().email,
        "refusal": queries.refusal_of(reading(), actor().email, now),
    }


def _links() -> Links:
    return Links(current_app.extensions["matcher_settings"].require_secret())


def _dead(status: int = GONE) -> tuple[str, int]:
    return render_template("notices/stop_dead.html"), status
