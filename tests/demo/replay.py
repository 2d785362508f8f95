"""The decisions of a generated history, taken again through the verbs people use."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant
from matcher.accounts.policy import Actor
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.clock import local_date
from matcher.demo.bulk.deeds import Deed
from matcher.demo.bulk.lives import Asked
from matcher.matching import services, visit_services
from matcher.matching.proposal_services import ask_next
from matcher.matching.request_services import close_request, invite, publish_request, withdraw_request
from matcher.matching.states import MissedReason, RejectReason
from matcher.matching.step_services import take_step
from matcher.matching.suggestion_models import Suggestion, SuggestionRun
from matcher.matching.suggestion_services import mark_opened, mark_shown, store_run, suggest
from matcher.requests.models import Request, RequestMoment, RequestRevision, RequestTopic
from matcher.requests.services import save_draft
from matcher.requests.states import RequestState
from matcher.safeguarding.models import Proof


class Replay:
    """Each method is one verb of a deed. `kept` is how many suggestions a run keeps."""

    def __init__(self, session: Session, *, kept: int) -> None:
        self.session, self.kept = session, kept
        self._actors: dict[int, Actor] = {}

    def live(self, deeds: list[Deed]) -> None:
        for deed in deeds:
            verb: Callable[[Deed], Any] = getattr(self, deed.verb)
            verb(deed)
        self.session.flush()

    def actor(self, user_id: int) -> Actor:
        if user_id not in self._actors:
            self._actors[user_id] = actor_for(self.session, user_id)
        return self._actors[user_id]

    def ask(self, deed: Deed) -> None:
        teacher = self.actor(deed.chosen["asker"])
        if "written" in deed.chosen:
            self._as_written(deed.chosen["written"])
            return
        draft = save_draft(
            self.session,
            actor=teacher,
            now=deed.at,
            organisation_id=deed.chosen["school"],
            data=deed.chosen["wish"],
        )
        draft.generated = True
        assert publish_request(self.session, draft.id, actor=teacher, now=deed.at).id == deed.row_id

    def _as_written(self, asked: Asked) -> None:
        """The request of another kind as it was sent, in rows; what follows is lived through the verbs."""
        sent = asked.row | {"state": RequestState.OPEN, "ended_at": None, "changed_at": asked.row["published_at"]}
        parts = ((Request, [sent]), (RequestMoment, asked.moments), (RequestTopic, asked.topics))
        for model, rows in (*parts, (RequestRevision, [asked.revision])):
            self.session.execute(insert(model.__table__), rows)

    def suggest(self, deed: Deed) -> None:
        found = suggest(self.session, request_id=deed.row_id, now=deed.at, limit=self.kept)
        store_run(self.session, found, generated=True)

    def look(self, deed: Deed) -> None:
        run = select(SuggestionRun.id).where(SuggestionRun.request_id == deed.row_id).scalar_subquery()
        query = select(Suggestion.position, Suggestion.id).where(Suggestion.run_id == run)
        ids = dict(self.session.execute(query).all())
        assert len(ids) == deed.chosen["shown"]
        mark_shown(self.session, list(ids.values()), now=deed.at)
        for position in deed.chosen["opened"]:
            mark_opened(self.session, ids[position], now=deed.at)

    def invite(self, deed: Deed) -> None:
        teacher = self.actor(deed.chosen["asker"])
        invite(self.session, deed.row_id, offer_ids=deed.chosen["offers"], actor=teacher, now=deed.at)

    def ask_next(self, deed: Deed) -> None:
        ask_next(self.session, deed.row_id, now=deed.at)

    def accept(self, deed: Deed) -> None:
        guest = self.actor(deed.chosen["by"])
        services.accept_match(self.session, deed.row_id, moment_id=deed.chosen["moment"], actor=guest, now=deed.at)

    def decline(self, deed: Deed) -> None:
        self._by(services.decline_match, deed)

    def withdraw(self, deed: Deed) -> None:
        self._by(services.withdraw_match, deed)

    def cancel(self, deed: Deed) -> None:
        self._by(services.cancel_match, deed)

    def _by(self, verb: Callable[..., Any], deed: Deed) -> None:
        verb(self.session, deed.row_id, reason=deed.chosen["reason"], actor=self.actor(deed.chosen["by"]), now=deed.at)

    def approve(self, deed: Deed) -> None:
        services.approve_match(self.session, deed.row_id, actor=self._coordinator(deed), now=deed.at)

    def reject(self, deed: Deed) -> None:
        actor, reason = self._coordinator(deed), RejectReason.DUPLICATE
        services.reject_match(self.session, deed.row_id, reason=reason, actor=actor, now=deed.at)

    def _coordinator(self, deed: Deed) -> Actor:
        region = deed.chosen["region"]
        query = select(Grant.user_id).where(Grant.role == Role.COORDINATOR, Grant.region_id == region)
        return self.actor(self.session.scalars(query.order_by(Grant.id)).first() or 0)

    def expire(self, deed: Deed) -> None:
        assert visit_services.expire_match(self.session, deed.row_id, now=deed.at)

    def supersede(self, deed: Deed) -> None:
        assert visit_services.supersede_match(self.session, deed.row_id, now=deed.at)

    def report(self, deed: Deed) -> None:
        said = dict(deed.chosen["said"])
        reason = said.pop("reason")
        visit_services.report_visit(
            self.session,
            deed.row_id,
            actor=self.actor(deed.chosen["by"]),
            now=deed.at,
            reason=MissedReason(reason) if reason else None,
            **said,
        )

    def step(self, deed: Deed) -> None:
        actor, day = self.actor(deed.chosen["by"]), local_date(deed.at)
        step, hours = deed.chosen["step"], deed.chosen["hours"]
        take_step(self.session, deed.row_id, step, on_day=day, actor=actor, now=deed.at, hours=hours)

    def proof(self, deed: Deed) -> None:
        """What somebody of the school saw, as a row."""
        self.session.execute(insert(Proof.__table__), [deed.chosen["row"]])

    def count(self, deed: Deed) -> None:
        visit_services.count_reports(self.session, deed.row_id, now=deed.at)

    def give_up(self, deed: Deed) -> None:
        withdraw_request(self.session, deed.row_id, actor=self.actor(deed.chosen["asker"]), now=deed.at)

    def close(self, deed: Deed) -> None:
        assert close_request(self.session, deed.row_id, now=deed.at)
