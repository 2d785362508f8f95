"""One deed at a time: the verb of the services, what the model says of it, and the rows that must come of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.availability.models import Booking
from matcher.errors import MatcherError
from matcher.matching import change_services, proposal_services, services, visit_services
from matcher.matching.models import Consent, Match, MatchMoment
from matcher.matching.states import CancelReason, DeclineReason, MissedReason, RejectReason, Side
from tests.factories.matching import epoch
from tests.matching.lifemodel import HOLDS_TIME, LIVE, Life, Model

EXTRA = [(date(2026, 12, 14), "13:00", "13:50"), (date(2026, 12, 15), "13:00", "13:50")]
LEADS_TO = {
    "decline": "declined",
    "hand_over": "declined",
    "withdraw": "withdrawn",
    "cancel": "cancelled",
    "approve": "approved",
    "reject": "rejected",
}
VERBS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "decline": (services, "decline_match", {"reason": DeclineReason.NO_TIME}),
    "hand_over": (proposal_services, "hand_over", {}),
    "withdraw": (services, "withdraw_match", {"reason": CancelReason.ILL}),
    "cancel": (services, "cancel_match", {"reason": CancelReason.ILL}),
    "approve": (services, "approve_match", {}),
    "reject": (services, "reject_match", {"reason": RejectReason.DUPLICATE}),
    "move": (change_services, "move_match", {}),
    "change_visitor": (change_services, "change_visitor", {}),
}
EXTRA_SPANS = {(epoch(day, starts), epoch(day, ends)): (day, starts, ends) for day, starts, ends in EXTRA}


STEPS = "steps"
AGAIN = "again"
"""A second click on what was done: the same answer once more."""


class Violation(AssertionError):
    """The services did what the model forbids, or something else than it says."""


class Deeds:
    session: Session
    world: dict[str, Any]
    seen: Counter[str]
    model: Model
    touched: set[int]
    since_check: int
    chance: Random

    def _pick(self, among: Sequence[Any]) -> Any:
        return self.chance.choice(among)

    def _actor(self, who: int) -> Any:
        return actor_for(self.session, who)

    def _some(self, wanted: Callable[[Life], bool]) -> Life | None:
        found = [match_id for match_id, match in self.model.matches.items() if wanted(match)]
        return self.model.matches[self._pick(found)] if found else None

    def _try(self, what: str, call: Callable[[], Any], must: str | None, *, free: bool = False) -> Any:
        """The verb in a unit of its own. `must` is why it has to be refused; `free`: it may be refused for reasons
        that the model does not know."""
        self.since_check += 1
        self.seen[STEPS] += 1
        unit = self.session.begin_nested()
        try:
            done = call()
            self.session.flush()
            unit.commit()
        except MatcherError as refusal:
            unit.rollback()
            if must is None and not free:
                raise Violation(f"{what} was refused without a reason: {refusal!r}") from refusal
            self.seen[f"refused {what}: {must or 'does not fit'}"] += 1
            return None
        except Exception as error:
            unit.rollback()
            raise Violation(f"{what} ended in {error!r}") from error
        if must is not None:
            raise Violation(f"{what} was done although: {must}")
        self.seen[what] += 1
        return done

    def _deed(self, match: Life, action: str, who: int, *, stale: bool = False, **chosen: Any) -> None:
        given = self._given(match, action, who, stale, chosen.get("moment"))
        if given is not None:
            given |= {name: value for name, value in chosen.items() if value is not None}
            self._carry_out(match, action, given, self._must(match, action, given))

    def _given(self, match: Life, action: str, who: int, stale: bool, moment: Any = None) -> dict[str, Any] | None:
        """What somebody fills in with it; None when there is nothing to choose from."""
        if action in {"accept", "suggest_moment", "ask_move"}:
            among = sorted(match["moments"]) if action == "accept" else sorted(EXTRA_SPANS)
            if not among:
                return None
            moment = moment or self._pick(among)
        given = {"moment": moment, "stale": stale, "who": who}
        if action in {"hand_over", "change_visitor"}:
            nobody = [None] if action == "hand_over" else []
            given["colleague"] = self._pick([*self.world["guests"], *nobody])
        return given

    def _must(self, match: Life, action: str, given: dict[str, Any]) -> str | None:
        """Why it has to be refused, or that it is done already; None when it has to be done."""
        model, who = self.model, given["who"]
        must = model.refusal(match, action, who)
        if who not in model.stopped and model.is_repeat(match, action, who, given["moment"]):
            return AGAIN
        if must is None and given["stale"] and action not in {"undo", "report_held", "report_missed"}:
            must = "an old page"
        return must or self._in_the_way(match, action, who, given)

    def _carry_out(self, match: Life, action: str, given: dict[str, Any], must: str | None) -> None:
        if must == AGAIN:
            self._repeated(match, action, given)
            return
        done = self._try(action, lambda: self._call(match, action, given), must)
        if done is None:
            return
        before = match["state"]
        self._follow(match, action, given, done)
        self.seen[f"{before} {action}"] += 1
        self.seen[f"{before} {action} {match['state']}"] += 1
        self.touched.add(match["id"])

    def _repeated(self, match: Life, action: str, given: dict[str, Any]) -> None:
        self._try(f"again {action}", lambda: self._call(match, action, given), None)
        self._compare(match)

    def _in_the_way(self, match: Life, action: str, who: int, given: dict[str, Any]) -> str | None:
        """What the rules cannot see: moments, places, agendas, people."""
        model, now = self.model, self.model.now.timestamp()
        if action == "accept":
            return model.yes_refusal(match, given["moment"], self._asked(match, who))
        if action in {"suggest_moment", "ask_move"}:
            return "the moment is gone" if given["moment"][0] <= now else None
        if action == "move":
            wanted = match["last"]["wanted"]
            return "the moment is gone" if wanted[0] <= now else model.busy(match, wanted)
        if action == "approve":
            return model.unfit(match)
        if action == "undo":
            return model.undo_refusal(match)
        if action == "change_visitor":
            refusal = model.colleague_refusal(match, given["colleague"], match["visitor"])
            return refusal or model.busy(match, match["chosen"], given["colleague"])
        if action == "hand_over" and given["colleague"] is not None:
            refusal = model.colleague_refusal(match, given["colleague"], match["professional"] or who)
            others = [m for m in model.matches.values() if m["request"] == match["request"] and m is not match]
            asked = any(m["professional"] == given["colleague"] and m["state"] in LIVE for m in others)
            return refusal or ("the colleague was asked" if asked else None)
        return None

    def _asked(self, match: Life, who: int) -> str:
        missing = {side for side, given in match["consents"].items() if not given}
        return min(self.model.sides(match, who) & missing, default="")

    def _call(self, match: Life, action: str, given: dict[str, Any]) -> Any:
        who, number = self._actor(given["who"]), match["id"]
        seq = match["seq"] - 1 if given["stale"] else match["seq"]
        common: dict[str, Any] = {"actor": who, "now": self.model.now}
        if action in {"accept", "suggest_moment", "ask_move"}:
            return self._call_with_moment(number, action, given["moment"], common | {"seq": seq})
        if action.startswith("report"):
            happened = action == "report_held"
            reason = None if happened else MissedReason.GUEST_ABSENT
            report = visit_services.report_visit
            return report(self.session, number, happened=happened, again=None, reason=reason, **common)
        if action == "undo":
            return services.undo(self.session, number, **common)
        if action == "change_visitor":
            common["visitor_id"] = given["colleague"]
        if action == "hand_over":
            common["colleague_id"] = given["colleague"]
        module, verb, extra = VERBS[action]
        return getattr(module, verb)(self.session, number, **extra, **common, seq=seq)

    def _call_with_moment(self, number: int, action: str, moment: tuple[int, int], common: dict[str, Any]) -> Any:
        if action == "accept":
            return services.accept_match(self.session, number, moment_id=self._moment_id(number, moment), **common)
        day, starts, ends = EXTRA_SPANS[moment]
        verb = services.suggest_moment if action == "suggest_moment" else change_services.ask_move
        return verb(self.session, number, day=day, starts=starts, ends=ends, **common)

    def _follow(self, match: Life, action: str, given: dict[str, Any], done: Any) -> None:
        """The same in the model."""
        model, who = self.model, given["who"]
        if action in LEADS_TO:
            model.step(match, action, LEADS_TO[action], who)
            if action == "hand_over":
                self._adopt(done, who, side=match["side"])
        elif action == "accept":
            model.say_yes(match, given["moment"], self._asked(match, who), who)
        elif action == "undo":
            if (refusal := model.undo(match, who)) is not None:
                raise Violation(f"undone although: {refusal}")
        elif action.startswith("report"):
            sides = model.sides(match, who)
            side = next(each for each in ("school", "company", "coordinator") if each in sides)
            model.report(match, side, action == "report_held", who)
        else:
            self._follow_change(match, action, given)

    def _follow_change(self, match: Life, action: str, given: dict[str, Any]) -> None:
        """Another moment or another guest."""
        model, who, to = self.model, given["who"], "approved"
        side = "school" if "school" in model.sides(match, who) else "company"
        noted = {}
        if action == "suggest_moment":
            asked, to = self._asked(match, who), "proposed"
            match["consents"] = {each: each == asked for each in match["consents"]}
            match["chosen"] = given["moment"]
            match["moments"].add(given["moment"])
        elif action == "ask_move":
            match["moments"].add(given["moment"])
            noted = {"wanted": given["moment"]}
        else:
            before = model.is_safe(match, match["visitor"], match["chosen"])
            match["chosen"] = match["last"]["wanted"] if action == "move" else match["chosen"]
            match["visitor"] = given["colleague"] if action == "change_visitor" else match["visitor"]
            to = "approved" if before == model.is_safe(match, match["visitor"], match["chosen"]) else "accepted"
        model.step(match, action, to, who, **noted)
        if action == "ask_move":
            match["move_by"] = side

    # the clock

    def _expire(self, match: Life) -> None:
        now = self.model.now
        row = self.session.get_one(Match, match["id"])
        if match["state"] == "proposed":
            due = row.expires_at is not None and row.expires_at <= now
        else:
            due = match["state"] == "accepted" and match["chosen"][0] <= now.timestamp()
        self._clock(match, "expire", "expired", due, visit_services.expire_match)

    def _supersede(self, match: Life) -> None:
        if self.model.free_place(match) is None:
            self._clock(match, "supersede", "superseded", match["state"] == "proposed", visit_services.supersede_match)

    def _count(self, match: Life) -> None:
        to = self.model.counted(match)
        action = "report_held" if to == "held" else "report_missed"
        self._clock(match, action, to or "", to is not None, visit_services.count_reports)

    def _lapse(self, match: Life) -> None:
        if match["state"] != "approved" or self.model.is_safe(match, match["visitor"], match["chosen"]):
            return
        lapse = change_services.lapse_match
        if match["chosen"][0] > self.model.now.timestamp():
            self._clock(match, "lapse", "accepted", True, lapse)
        else:
            self._try("clock lapse", lambda: lapse(self.session, match["id"], now=self.model.now), "it began")

    def _clock(self, match: Life, action: str, to: str, due: bool, verb: Callable[..., Any]) -> None:
        before = match["state"]
        done = self._try(f"clock {action}", lambda: verb(self.session, match["id"], now=self.model.now), None)
        if bool(done) is not due:
            raise Violation(f"the clock {'did not' if due else 'did'} {action} a match that is {before}")
        if due:
            self.model.step(match, action, to, None)
            self.seen[f"{before} {action} {to}"] += 1

    def _end(self, match: Life) -> None:
        """A consequence: withdrawn before approval, cancelled after, unless the visit is over."""
        over = match["state"] == "approved" and match["chosen"][1] <= self.model.now.timestamp()
        end = visit_services.end_stopped
        must = "it is over" if over else None
        if self._try("end of the stopped", lambda: end(self.session, match["id"], now=self.model.now), must):
            self._ended(match)

    def _ended(self, match: Life) -> None:
        before = match["state"]
        action, to = ("cancel", "cancelled") if before == "approved" else ("withdraw", "withdrawn")
        self.model.step(match, action, to, None)
        self.seen[f"{before} {action} {to}"] += 1
        self.touched.add(match["id"])

    # rows

    def _adopt(self, row: Match, who: int, side: str | None = None) -> None:
        """A new match, as the model knows it."""
        proposed = side or row.side.value
        self.model.matches[row.id] = {
            "id": row.id,
            "request": row.request_id,
            "offer": row.offer_id,
            "professional": row.professional_id,
            "visitor": None,
            "name_follows": row.professional_id is None,
            "side": proposed,
            "state": "proposed",
            "seq": 1,
            "place": None,
            "chosen": None,
            "moments": self._moments(row.id),
            "consents": {each: each == proposed for each in ("school", "company")},
            "move_by": None,
            "reports": {},
            "last": {"action": "propose", "who": who, "at": self.model.now, "moment": None},
        }
        self.seen["proposed"] += 1
        self.touched.add(row.id)

    def _moments(self, match_id: int) -> set[tuple[int, int]]:
        query = select(MatchMoment.start_s, MatchMoment.end_s).where(MatchMoment.match_id == match_id)
        return {tuple(row) for row in self.session.execute(query)}

    def _moment_id(self, match_id: int, span: tuple[int, int]) -> int:
        query = select(MatchMoment.id).where(
            MatchMoment.match_id == match_id, MatchMoment.start_s == span[0], MatchMoment.end_s == span[1]
        )
        return self.session.scalars(query).one()

    def _compare(self, match: Life) -> None:
        """Row by row what the model says."""
        row = self.session.get_one(Match, match["id"])
        consents = select(Consent.party, Consent.given_at).where(Consent.match_id == row.id)
        chosen = select(MatchMoment.start_s, MatchMoment.end_s).where(
            MatchMoment.match_id == row.id, MatchMoment.chosen
        )
        held = select(Booking.party_id).where(Booking.match_id == row.id, Booking.live, Booking.party == "person")
        found = {
            "state": row.state.value,
            "seq": row.seq,
            "place": row.place_no,
            "visitor": row.visitor_id,
            "consents": {Side(party).value: given is not None for party, given in self.session.execute(consents)},
            "chosen": next((tuple(each) for each in self.session.execute(chosen)), None),
            "holds": sorted(self.session.scalars(held)),
        }
        person = match["visitor"] or match["professional"]
        holds = [person] if match["state"] in HOLDS_TIME and person is not None else []
        expected = {name: match[name] for name in found if name != "holds"} | {"holds": holds}
        if found != expected:
            different = {name: (found[name], expected[name]) for name in found if found[name] != expected[name]}
            raise Violation(f"after {match['last']['action']} the row differs from the model: {different}")
