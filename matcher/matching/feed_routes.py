"""Visits for calendars: the file of one, and a person's own link to all, with the page that makes and stops it."""

from datetime import UTC, datetime

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.http import http_date
from werkzeug.wrappers import Response as Redirect

from matcher.accounts.tokens import hashed
from matcher.clock import utcnow
from matcher.errors import NotFound
from matcher.i18n import _, in_locale
from matcher.matching.calendar import build_feed
from matcher.matching.download_queries import calendar_of
from matcher.matching.feed_models import CalendarFeed
from matcher.matching.feed_queries import entries_of, feed_by_token, feed_of, fingerprint
from matcher.matching.feed_services import is_due, note_reading, renew_feed, stop_feed
from matcher.matching.feeds import feed_token
from matcher.matching.match_routes import blueprint
from matcher.matching.queries import match_for
from matcher.web.guards import actor, public, signed_in
from matcher.web.limits import limiter
from matcher.web.toasts import toast
from matcher.web.transaction import noted, reading, writing

PAGE = "matching/feed.html"
per_network = limiter.limit("600 per 5 minutes")
# The key is a hash: what counts visits must not know the secret either.
per_link = limiter.limit("60 per 5 minutes", key_func=lambda: f"feed:{hashed(request.path)[:16]}")


@blueprint.get("/matches/<int:match_id>/calendar.ics")
@signed_in
def calendar(match_id: int) -> Response:
    match, facts = match_for(reading(), match_id, actor(), utcnow())
    text = calendar_of(reading(), match, facts, actor(), utcnow())
    return Response(
        text,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename=matcher-{match.id}.ics"},
    )


@blueprint.get("/calendar")
@signed_in
def my_calendar() -> str:
    feed = feed_of(reading(), actor().user_id or 0)
    return render_template(PAGE, feed=feed, link=_link(feed) if feed else None)


@blueprint.post("/calendar")
@signed_in
def renew_calendar() -> Redirect:
    person, now = actor(), utcnow()
    is_new = feed_of(reading(), person.user_id or 0) is None
    with writing() as session:
        renew_feed(session, actor=person, now=now, key=_key())
    toast(_("Your calendar link is ready.") if is_new else _("You have a new link. The old one no longer works."))
    return redirect(url_for(".my_calendar"))


@blueprint.post("/calendar/off")
@signed_in
def stop_calendar() -> Redirect:
    person = actor()
    with writing() as session:
        stop_feed(session, actor=person)
    toast(_("Switched off. The link no longer works."))
    return redirect(url_for(".my_calendar"))


@blueprint.get("/calendar/<secret>.ics")
@public
@per_network
@per_link
def feed(secret: str) -> Response:
    now, session = utcnow(), reading()
    found = feed_by_token(session, secret)
    if found is None:
        raise NotFound()
    base_url, host = current_app.extensions["matcher_settings"].base_url, session.info["host"]
    entries = entries_of(session, found.feed.user_id, now=now, host=host, base_url=base_url)
    with in_locale(found.locale):
        name = _("My visits – Matcher")
    etag = fingerprint(entries, name)
    changed_at = _note(found.feed, etag, now)
    if _has_it(etag, changed_at):
        answer = make_response("", 304)
    else:
        answer = make_response(build_feed(entries, name=name))
        answer.headers["Content-Disposition"] = 'inline; filename="matcher.ics"'
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.set_etag(etag)
    answer.headers["Last-Modified"] = http_date(changed_at)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _note(feed: CalendarFeed, etag: str, now: datetime) -> datetime:
    """Since when the feed is as it is. In a unit of its own, and only when there is something new to note."""
    if not is_due(feed, etag, now):
        return feed.changed_at

    def note(session: Session) -> datetime:
        return note_reading(session, user_id=feed.user_id, token_hash=feed.token_hash, etag=etag, now=now)

    return noted(note, otherwise=now)


def _has_it(etag: str, changed_at: datetime) -> bool:
    """Whether the program has this version already; its own number for it counts before its time."""
    if request.if_none_match:
        return request.if_none_match.contains_weak(etag)
    since = request.if_modified_since
    return since is not None and changed_at.astimezone(UTC).replace(microsecond=0) <= since


def _link(feed: CalendarFeed) -> str | None:
    """The address to hand to a calendar program; None when the application's key is another one since."""
    token = feed_token(_key(), feed.user_id, feed.salt)
    if hashed(token) != feed.token_hash:
        return None
    base_url: str = current_app.extensions["matcher_settings"].base_url
    return base_url + url_for(".feed", secret=token)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
