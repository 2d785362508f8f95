"""Sending what is due: claim in a short unit, talk to the mail server outside any, note the result in another."""

import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.i18n import _l
from matcher.links import Links
from matcher.notices import address_services, digest_services, gap_queries, gap_services, queries, services
from matcher.notices.digest_queries import Digest, digest_of
from matcher.notices.letters import Letters, Unreadable, letters_of
from matcher.notices.mailer import Mailer, Refused, ServerAway, TryLater, build_message, make_mailer
from matcher.notices.models import NoticeState, Outbox
from matcher.notices.states import DeadReason, Manner, Stop
from matcher.notices.stop_links import stop_path

LABEL = _l("Mails and notices")
BESIDE = True
"""Every mail has a lease of its own, so all workers may send at once."""
BATCH = 20
MOST_INBOX = 500
TRIES_FOR_POISON = 5
SAFE_PART_OF_LEASE = services.LEASE * 0.6
log = logging.getLogger(__name__)


def send_due(database: Database, app: Any, now: datetime, *, limit: int = 200) -> dict[str, int]:
    """One round: at most `limit` mails, and the inbox rows whose time has come. Says how many became what.

    Any number of workers may do this at once. `app` lends its templates and the question "is this still true?".
    """
    settings = _settings(app)
    links = Links(settings.require_secret())
    sending = _Round(
        database,
        mailer_of(app),
        letters_of(app),
        settings.mail_sender,
        _still_true(app),
        now,
        links,
        settings.base_url,
        app.extensions.get("matcher_letter_links", {}),
    )
    sending.show_inbox()
    sending.gather()
    try:
        while sending.tried < limit and sending.one_batch(min(BATCH, limit - sending.tried)):
            pass
    finally:
        sending.mailer.close()
    return dict(sending.counts)


def due_work(database: Database, app: Any, now: datetime) -> dict[str, int]:
    """What the worker asks of every room."""
    with database.read() as session:
        gaps = bool(gap_queries.without_lease(session) or gap_queries.lost_parts(session))
    done = {}
    if gaps:
        with database.write() as session:
            done["notices moved again"] = gap_services.move_again(session, now=now)
    return done | send_due(database, app, now)


def mailer_of(app: Any) -> Mailer:
    """The application's way out; made from its settings once. Tests may put their own in its place."""
    if "matcher_mailer" not in app.extensions:
        app.extensions["matcher_mailer"] = make_mailer(_settings(app))
    mailer: Mailer = app.extensions["matcher_mailer"]
    return mailer


@dataclass
class _Round:
    database: Database
    mailer: Mailer
    letters: Letters
    sender: str
    still_true: dict[str, Any]
    began_at: datetime
    links: Links
    base_url: str
    letter_links: dict[str, Any]
    started: float = field(default_factory=time.monotonic)
    tried: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def now(self) -> datetime:
        """The given present, moved on by what the round took: leases must not begin in the past."""
        return self.began_at + timedelta(seconds=time.monotonic() - self.started)

    def one_batch(self, size: int) -> bool:
        """Claim and send; False when nothing was due or the server is away."""
        claimed_at = self.now()
        with self.database.write() as session:
            rows = services.claim_due(session, claimed_at, size)
        for done, row in enumerate(rows):
            # Near the end of the lease somebody else may take the rest: better them than both.
            if self.now() - claimed_at > SAFE_PART_OF_LEASE:
                self._give_back(rows[done:])
                break
            self.tried += 1
            try:
                self._one(row)
            except ServerAway as error:
                self._postpone(rows[done:], str(error))
                return False
        return bool(rows)

    def _one(self, row: Outbox) -> None:
        digest = None
        try:
            with self.database.read() as session:
                if not self._is_true(session, row):
                    return self._dropped(row)
                self._check_address(session, row)
                more = self._links_for(session, row)
                if row.template == digest_services.DIGEST:
                    digest = self._digest(session, row)
                    if not digest.sent:
                        return self._dropped(row, digest)
                    more |= digest.params
            letter = self.letters.letter(row.template, row.params | more, locale=row.locale, name=row.recipient_name)
            stop_url = self.base_url + more["stop_path"] if "stop_path" in more else None
            message = build_message(row, letter, sender=self.sender, now=self.now(), stop_url=stop_url)
            self.mailer.send(message, now=self.now())
        except ServerAway:
            raise
        except TryLater as error:
            self._failed(row, str(error))
        except Refused as error:
            self._failed(row, str(error), final=True, reason=error.reason)
        except Exception as error:
            # Poison: a fault of ours in this one mail. The others go on; after some tries it is parked.
            log.exception("notice %s (%s) cannot be made", row.id, row.template)
            words = str(error) if isinstance(error, Unreadable) else f"{type(error).__name__}: {error}"
            self._failed(row, words, final=row.attempts >= TRIES_FOR_POISON, reason=DeadReason.UNREADABLE)
        else:
            self._finished(row, digest)

    def gather(self) -> None:
        """Who wants everything together gets one letter out of it, when its hour has come."""
        now = self.now()
        with self.database.read() as session:
            people = queries.departures(session, now)
        for user_id in people:
            with self.database.write() as session:
                self.counts["digests_made"] += digest_services.gather(session, user_id, now=now)

    def _check_address(self, session: Session, row: Outbox) -> None:
        """An address that was refused shortly before is left alone, but never when somebody wants to sign in."""
        if row.manner == Manner.SECURITY:
            return
        mark = queries.refusal_of(session, row.address, self.now())
        if mark is not None:
            raise Refused(mark.reply, DeadReason.REFUSED_BEFORE)

    def _links_for(self, session: Session, row: Outbox) -> dict[str, Any]:
        """What a letter may hold for its reader alone: made now, kept nowhere."""
        found: dict[str, Any] = {}
        if row.manner == Manner.OPTIONAL and row.recipient_user_id is not None:
            what = Stop.TOGETHER if row.template == digest_services.DIGEST else Stop.OPTIONAL
            found["stop_path"] = stop_path(self.links, row.recipient_user_id, what)
        ask = self.letter_links.get(row.subject)
        return found | (ask(session, self.links, row, self.now()) if ask is not None else {})

    def _digest(self, session: Session, row: Outbox) -> Digest:
        parts = queries.parts_of_digest(session, row.id)
        return digest_of(parts, self.letters, row.locale, lambda part: self._is_true(session, part))

    def _is_true(self, session: Session, row: Outbox) -> bool:
        ask = self.still_true.get(row.subject)
        return ask is None or bool(ask(session, row.subject_id, row.seq, row.template))

    def _finished(self, row: Outbox, digest: Digest | None) -> None:
        now = self.now()
        with self.database.write() as session:
            kept = services.finish(session, row, now=now)
            if kept and digest is not None:
                digest_services.settle_parts(session, sent=digest.sent, withheld=digest.withheld, now=now)
            address_services.trust_again(session, [row.address])
        self.counts["mails_sent" if kept else "mails_overtaken"] += 1

    def _dropped(self, row: Outbox, digest: Digest | None = None) -> None:
        with self.database.write() as session:
            if services.drop(session, row) and digest is not None:
                digest_services.settle_parts(session, sent=(), withheld=digest.withheld, now=self.now())
        self.counts["mails_withheld"] += 1

    def _failed(self, row: Outbox, error: str, *, final: bool = False, reason: DeadReason = DeadReason.GAVE_UP) -> None:
        # Spreads the tries over time; nothing secret hangs on it.
        now, spread = self.now(), random.random()  # noqa: S311
        with self.database.write() as session:
            state = services.fail(session, row, error=error, now=now, final=final, reason=reason, spread=spread)
            if reason is DeadReason.ADDRESS_REFUSED:
                address_services.mark_refused(session, row.address, reply=error, now=now)
        self.counts["mails_dead" if state is NoticeState.DEAD else "mails_postponed"] += 1

    def _postpone(self, rows: list[Outbox], error: str) -> None:
        log.warning("mail server away, %s mails wait: %s", len(rows), error)
        for row in rows:
            self._failed(row, error)

    def _give_back(self, rows: list[Outbox]) -> None:
        with self.database.write() as session:
            services.release(session, rows)

    def show_inbox(self) -> None:
        """Inbox rows need no server: due and true is enough."""
        with self.database.read() as session:
            rows = queries.due_inbox(session, self.now(), MOST_INBOX)
            false = [row.id for row in rows if not self._inbox_is_true(session, row)]
        if rows:
            shown = [row.id for row in rows if row.id not in set(false)]
            with self.database.write() as session:
                services.settle_inbox(session, shown=shown, withheld=false, now=self.now())
            self.counts["inbox_shown"] += len(shown)
            self.counts["inbox_withheld"] += len(false)

    def _inbox_is_true(self, session: Session, row: Outbox) -> bool:
        try:
            return self._is_true(session, row)
        except Exception:
            log.exception("cannot tell whether notice %s still holds; shown", row.id)
            return True


def _settings(app: Any) -> Any:
    return app.extensions["matcher_settings"]


def _still_true(app: Any) -> dict[str, Any]:
    found: dict[str, Any] = app.extensions.get("matcher_still_true", {})
    return found
