"""The inbox: what happened, in the words of the mails; works without any mail server."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.errors import NotFound
from matcher.i18n import _, current_locale
from matcher.notices import queries, services
from matcher.notices.letters import Letters, Summary, Unreadable, letters_of
from matcher.notices.models import Outbox
from matcher.web.guards import actor, signed_in
from matcher.web.paging import Page, paginate
from matcher.web.transaction import reading, writing

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@dataclass(frozen=True)
class Line:
    """One notice as the page shows it."""

    id: int
    summary: Summary
    at: datetime
    is_read: bool


@blueprint.get("/")
@signed_in
def inbox() -> str:
    now, letters = utcnow(), letters_of(current_app)
    page = paginate(reading(), queries.inbox_of(me(), now))
    lines = [_line(row, letters) for row in page.rows]
    shown = Page(lines, page.number, page.per_page, page.total)
    return render_template(
        "notices/inbox.html",
        page=shown,
        unread=queries.unread_count(reading(), me(), now),
        refusal=queries.refusal_of(reading(), actor().email, now),
    )


@blueprint.post("/<int:notice_id>/open")
@signed_in
def open_notice(notice_id: int) -> Response:
    """Mark as read and go to what it is about."""
    now = utcnow()
    row = queries.inbox_notice(reading(), user_id=me(), notice_id=notice_id, now=now)
    if row is None:
        raise NotFound(_("This message is not here any more."))
    target = _line(row, letters_of(current_app)).summary.path or url_for(".inbox")
    user_id = me()
    with writing() as session:
        services.mark_read(session, user_id=user_id, notice_id=notice_id, now=now)
    return redirect(target)


@blueprint.post("/read")
@signed_in
def read_all() -> Response:
    user_id, now = me(), utcnow()
    with writing() as session:
        services.mark_read(session, user_id=user_id, now=now)
    return redirect(url_for(".inbox"))


def me() -> int:
    found = actor().user_id
    if found is None:
        raise NotFound()
    return found


def _line(row: Outbox, letters: Letters) -> Line:
    try:
        summary = letters.summary(row.template, row.params, locale=current_locale(), name=row.recipient_name)
    except Unreadable:
        # An older template that is gone must not take the whole inbox with it.
        current_app.logger.exception("notice %s cannot be shown", row.id)
        summary = Summary(_("A message that cannot be shown any more"), "", "")
    return Line(row.id, summary, row.not_before, row.read_at is not None)
