"""Mails nobody will get unless somebody acts: for administrators, who see why, and send again or let go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.clock import utcnow
from matcher.errors import NotFound
from matcher.i18n import _, current_locale, ngettext
from matcher.notices import queries, services
from matcher.notices.digest_services import DIGEST
from matcher.notices.inbox_routes import blueprint
from matcher.notices.letters import Letters, Unreadable, letters_of
from matcher.notices.models import Outbox
from matcher.notices.states import DeadReason
from matcher.notices.wording import REASONS, WHAT_TO_DO, age
from matcher.web.guards import roles
from matcher.web.paging import Page, paginate
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing


@dataclass(frozen=True)
class DeadLine:
    """One mail as the page shows it; the answer of the mail server as it came."""

    id: int
    about: str
    name: str
    address: str
    reason: Any
    reply: str
    age: str
    in_inbox: bool


@blueprint.get("/dead")
@roles("administrator")
def dead() -> str:
    now, reason = utcnow(), _reason(request.args.get("reason"))
    counts = queries.dead_counts(reading())
    page = paginate(reading(), queries.dead_mails(reason))
    inbox, letters = queries.in_inbox(reading(), page.rows), letters_of(current_app)
    lines = [_line(row, letters, now, in_inbox=queries.same_notice(row) in inbox) for row in page.rows]
    tabs = [(_("All"), url_for(".dead"), sum(counts.values()), reason is None)]
    tabs += [(REASONS[each], url_for(".dead", reason=each.value), count, each is reason)
             for each, count in counts.items()]  # fmt: skip
    return render_template(
        "notices/dead.html",
        page=Page(lines, page.number, page.per_page, page.total),
        tabs=tabs if counts else [],
        reason=reason,
        advice=WHAT_TO_DO[reason] if reason else None,
        total=sum(counts.values()),
    )


@blueprint.post("/dead/<int:notice_id>/resend")
@roles("administrator")
def resend_dead(notice_id: int) -> Response:
    now = utcnow()
    with writing() as session:
        done = services.resend(session, notice_id=notice_id, now=now)
    if not done:
        raise NotFound(_("This mail was sent again or withheld meanwhile."))
    toast(_("Goes out again within a minute."))
    return _back()


@blueprint.post("/dead/resend")
@roles("administrator")
def resend_all_dead() -> Response:
    reason, now = _reason(request.form.get("reason")), utcnow()
    if reason is None:
        raise NotFound()
    with writing() as session:
        count = services.resend_all(session, reason=reason, now=now)
    toast(ngettext("%(num)s mail goes out again.", "%(num)s mails go out again.", count))
    return redirect(url_for(".dead"))


@blueprint.post("/dead/<int:notice_id>/withhold")
@roles("administrator")
def withhold_dead(notice_id: int) -> Response:
    with writing() as session:
        done = services.give_up(session, notice_id=notice_id)
    if not done:
        raise NotFound(_("This mail was sent again or withheld meanwhile."))
    toast(_("Withheld. It is not sent any more."))
    return _back()


def _back() -> Response:
    reason = _reason(request.form.get("reason"))
    return redirect(url_for(".dead", reason=reason.value if reason else None))


def _reason(text: str | None) -> DeadReason | None:
    return DeadReason(text) if text in set(DeadReason) else None


def _line(row: Outbox, letters: Letters, now: datetime, *, in_inbox: bool) -> DeadLine:
    reason = DeadReason(row.dead_reason or DeadReason.GAVE_UP)
    return DeadLine(
        row.id,
        _about(row, letters),
        row.recipient_name,
        row.address,
        REASONS[reason],
        row.last_error or "",
        age(row.created_at, now),
        in_inbox or row.template == DIGEST,
    )


def _about(row: Outbox, letters: Letters) -> str:
    """Its subject line; the letter itself is nobody's but its reader's."""
    if row.template == DIGEST:
        return _("News of several days together")
    try:
        return letters.summary(row.template, row.params, locale=current_locale(), name=row.recipient_name).subject
    except Unreadable:
        return row.template
