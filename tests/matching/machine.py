"""Random lives through the real services beside the plain model: every answer must be the model's, every row too."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy.orm import Session

from matcher.matching import proposal_services, request_services
from matcher.matching.erasing_queries import obstacles, still_ahead
from matcher.matching.erasing_services import erase_account
from matcher.matching.fsck_queries import broken_promises
from matcher.matching.states import Side
from tests.factories import NOW
from tests.matching.lifedeeds import Violation
from tests.matching.lifemodel import DEEDS, LIVE, TABLE, Model
from tests.matching.lifeways import Ways

JUMPS = [timedelta(seconds=20)] * 6 + [timedelta(minutes=2)] * 4 + [timedelta(days=1)] * 2 + [timedelta(days=8)]
CHECKED_EVERY = 12
FORWARD = {"accept": 4, "approve": 3, "move": 3, "change_visitor": 2, "hand_over": 2, "undo": 2}
WEIGHTED = [each for each in DEEDS for _time in range(FORWARD.get(each, 1))]
"""Most deeds end a match; these are taken more often, so that lives become long."""
CLOCKED, PROPOSALS, LATE_SHARE = 4, 6, 0.5
GOING_SHARE = 0.3
UNTIL = [None, date(2026, 12, 11), date(2028, 12, 31), date(2028, 12, 31)]
"""Until when a proof is valid: not at all, until between the first moments, for long."""


class LifeMachine(Ways, RuleBasedStateMachine):
    """`session`, `world` and `seen` are set by whoever runs it; the world is there again for each life."""

    session: Session
    world: dict[str, Any]
    seen: Counter[str]

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.chance = Random(seed)
        # A life that is lived again, to look at what went wrong, has to see what it saw the first time.
        self.at_birth = Counter(self.seen)
        self.before = self.world.setdefault("known", {}).setdefault(seed, self.at_birth)
        self.savepoint = self.session.begin_nested()
        self.model = Model(self.world, NOW)
        self.touched: set[int] = set()
        self.since_check = 0
        for guest in self.world["guests"]:
            self._prove(guest, self._pick(UNTIL))
        self.propose("coordinator")
        for _request in range(3):
            self.invite()
        self.play_a_scene()
        if self.chance.random() < LATE_SHARE:
            self._play_late()

    def teardown(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        try:
            if sys.exc_info()[0] is None:
                self._promises()
                self._somebody_goes()
        finally:
            self.savepoint.rollback()
            self.session.expire_all()

    def _somebody_goes(self) -> None:
        """The last thing of some lives: an account is erased, whatever it is in the middle of."""
        if self.chance.random() >= GOING_SHARE:
            return
        who = self._pick(self.world["people"])
        with self._unit() as session:
            first = obstacles(session, who, now=self.model.now)
        if first:
            return
        try:
            erase_account(who, look=self._unit, opened=self._unit, now=self.model.now)
        except Exception as error:
            raise Violation(f"the account was not erased: {error}") from error
        self.seen["account erased"] += 1
        if still_ahead(self.session, who, now=self.model.now):
            raise Violation("a visit is left of somebody who is gone")
        found = broken_promises(self.session)
        if found:
            raise Violation("; ".join(f"{each.name}: {each.rows}" for each in found))

    @contextmanager
    def _unit(self) -> Iterator[Session]:
        with self.session.begin_nested():
            yield self.session

    # beginning

    @rule(side=st.sampled_from(["school", "company", "coordinator"]))
    def propose(self, side: str) -> None:
        tries = [self._proposal(side) for _ in range(PROPOSALS)]
        who, request_id, offer_id, must = min(tries, key=lambda each: self._times("propose", each[-1]))
        values = {"request_id": request_id, "offer_id": offer_id, "side": Side(side), "now": self.model.now}
        made = self._try(
            "propose",
            lambda: proposal_services.propose(self.session, actor=self._actor(who), **values),
            must,
            free=True,
        )
        if made is not None:
            self._adopt(made, who)

    def _proposal(self, side: str) -> tuple[int, int, int, str | None]:
        request_id, offer_id = self._pick(sorted(self.model.requests)), self._pick(sorted(self.model.offers))
        request, offer = self.model.requests[request_id], self.model.offers[offer_id]
        who = {"school": request["asked_by"], "company": offer["contact"], "coordinator": self.world["boss"]}[side]
        others = [m for m in self.model.matches.values() if m["request"] == request_id]
        must = None
        if who in self.model.stopped:
            must = "stopped"
        elif request["state"] != "open":
            must = "the request is closed"
        elif any(m["offer"] == offer_id and m["state"] in LIVE for m in others):
            must = "asked already"
        elif sum(m["place"] is not None for m in others) >= request["needed"]:
            must = "no place left"
        return who, request_id, offer_id, must

    @rule()
    def invite(self) -> None:
        self._invite(self._pick(sorted(self.model.requests)))

    def _invite(self, request_id: int) -> None:
        offers = self.chance.sample(sorted(self.model.offers), len(self.model.offers))
        request = self.model.requests[request_id]
        who = request["asked_by"]
        must = self._outsider(who, request) or ("the request is closed" if request["state"] != "open" else None)
        made = self._try(
            "invite",
            lambda: request_services.invite(
                self.session, request_id, offer_ids=offers, actor=self._actor(who), now=self.model.now
            ),
            must,
            free=True,
        )
        places = {offer_id: number for number, offer_id in enumerate(offers)}
        asked = [places[match.offer_id] for match in made or () if match.offer_id in places]
        if asked != sorted(asked):
            raise Violation("not asked in the order of the ticks")
        for match in made or ():
            self._adopt(match, who)
        waiting = [m for m in self.model.matches.values() if m["request"] == request_id and m["state"] == "proposed"]
        if made and len(waiting) > 3:
            raise Violation(f"{len(waiting)} invitations wait at once")

    def _outsider(self, who: int, request: dict[str, Any]) -> str | None:
        if who in self.model.stopped:
            return "stopped"
        return None if ("teacher", request["school"]) in self.model.roles[who] else "a stranger"

    # deeds of people

    @rule()
    def do_what_is_allowed(self) -> None:
        """Somebody is agreed with, and somebody does something else that the model allows, when there is something."""
        self._go(self._to_go(False), "accept approve")
        for _time in range(2):
            self._do_allowed()
        self._rare(3)

    def _do_allowed(self) -> None:
        matches = list(self.model.matches.values())
        for action in dict.fromkeys(self.chance.sample(WEIGHTED, len(WEIGHTED))):
            able = [m for m in matches if (m["state"], action) in TABLE or action == "undo"]
            for match in self.chance.sample(able, len(able)):
                for who in self.chance.sample(self.world["people"], len(self.world["people"])):
                    if self.model.refusal(match, action, who) is None:
                        self._deed(match, action, who)
                        return

    @rule(action=st.sampled_from(DEEDS), stale=st.booleans())
    def do_anything(self, action: str, stale: bool) -> None:
        """Anybody tries anything, sometimes from an old page."""
        if self.model.matches:
            match = self.model.matches[self._pick(sorted(self.model.matches))]
            self._deed(match, action, self._pick(self.world["people"]), stale=stale)

    @rule(undoing=st.booleans())
    def click_again(self, undoing: bool) -> None:
        """The very same answer once more, or taking it back, in time or not."""
        match = self._some(lambda m: m["last"]["who"] is not None and m["last"]["action"] in DEEDS)
        if match is not None:
            last = match["last"]
            if undoing and self.chance.random() < LATE_SHARE:
                self._wait_until(last["at"].timestamp(), timedelta(minutes=2))
            self._deed(match, "undo" if undoing else last["action"], last["who"], moment=last["moment"])

    # the clock and the world

    @rule(jump=st.sampled_from(JUMPS))
    def time_passes(self, jump: timedelta) -> None:
        self.model.now += jump
        self.seen["clock"] += 1
        self._rare(3)

    @rule(days=st.sampled_from([0, 0, 8, 22]))
    def a_visit_is_over(self, days: int) -> None:
        match = None if self._is_young() else self._some(lambda m: m["state"] == "approved")
        if match is None:
            return
        asked = match["last"].get("wanted") if match["move_by"] else None
        self._wait_until(asked[0] if asked else match["chosen"][1], timedelta(days=days, hours=1))
        if days:
            self._count(match)
        elif self.world["stoppable"][0] in {match["visitor"], match["professional"]} - self.model.stopped:
            self._change_stop()

    @rule(noticed=st.booleans())
    def nobody_decided_in_time(self, noticed: bool) -> None:
        match = None if self._is_young() else self._some(lambda m: m["state"] == "accepted")
        if match is not None:
            self._wait_until(match["chosen"][0], timedelta(minutes=1))
            if noticed:
                self._expire(match)

    @rule()
    def the_clock_works(self) -> None:
        live = [m for m in self.model.matches.values() if m["state"] in LIVE]
        for match in self.chance.sample(live, min(CLOCKED, len(live))):
            verb = self._pick(["expire", "supersede", "count", "lapse"])
            getattr(self, f"_{verb}")(match)
            self._compare(match)

    @rule(what=st.sampled_from(["proof", "role", "stop", "withdraw"]))
    def the_world_changes(self, what: str) -> None:
        """Proofs come and go, people change places, are stopped, and take requests back."""
        getattr(self, f"_change_{what}")()

    def _change_proof(self) -> None:
        self._prove(self._pick(self.world["guests"]), self._pick(UNTIL))

    def _prove(self, who: int, until: date | None) -> None:
        school = self.world["strict"]
        self.world["set_proof"](self.session, who, school, until)
        covered = datetime(until.year, until.month, until.day, 23, tzinfo=NOW.tzinfo).timestamp() if until else 0
        self.model.proofs[(who, school)] = covered
        self.seen["proof granted" if until else "proof expired"] += 1

    def _change_role(self, of: int | None = None) -> None:
        """Somebody starts or stops somewhere; this one, if that can be."""
        changing = [each for each in self.world["changing"] if each[0] == of] or self.world["changing"]
        gone = [each for each in changing if each[1:] not in self.model.roles[each[0]]]
        who, role, place = self._pick(gone if gone and self.chance.random() < 0.6 else changing)
        has = (role, place) in self.model.roles[who]
        self.world["set_role"](self.session, who, role, place, not has)
        (self.model.roles[who].discard if has else self.model.roles[who].add)((role, place))
        self.seen["role changes"] += 1

    def _change_stop(self) -> None:
        who = self._pick(self.world["stoppable"])
        now_stopped = who not in self.model.stopped
        self.world["set_stopped"](self.session, who, now_stopped, self.model.now)
        (self.model.stopped.add if now_stopped else self.model.stopped.discard)(who)
        self.seen["stopped" if now_stopped else "resumed"] += 1
        for _number, match in sorted(self.model.matches.items()) if now_stopped else ():
            people = {match["professional"], match["visitor"], self.model.requests[match["request"]]["asked_by"]}
            if who in people and match["state"] in LIVE:
                self._end(match)

    def _change_withdraw(self) -> None:
        begun = {m["request"] for m in self.model.matches.values() if m["state"] == "approved" and self._began(m)}
        self._withdraw(self._pick(sorted(begun & set(self.world["withdrawable"])) or self.world["withdrawable"]))

    def _began(self, match: Any) -> bool:
        return match["chosen"][1] <= self.model.now.timestamp()

    def _withdraw(self, request_id: int, who: int | None = None) -> None:
        request = self.model.requests[request_id]
        live = [m for m in self.model.matches.values() if m["request"] == request_id and m["state"] in LIVE]
        over = any(m["state"] == "approved" and self._began(m) for m in live)
        who = who or self._pick([request["asked_by"], request["asked_by"], *self.world["guests"]])
        must = self._outsider(who, request) or ("a visit began" if over else None)
        done = self._try(
            "withdraw the request",
            lambda: request_services.withdraw_request(
                self.session, request_id, actor=self._actor(who), now=self.model.now
            ),
            must,
        )
        if done is not None and request["state"] == "open":
            self.model.requests = self.model.requests | {request_id: request | {"state": "withdrawn"}}
            for match in live:
                self._ended(match)

    @invariant()
    def promises_are_kept(self) -> None:
        for match_id in sorted(getattr(self, "touched", ())):
            self._compare(self.model.matches[match_id])
        getattr(self, "touched", set()).clear()
        if getattr(self, "since_check", 0) >= CHECKED_EVERY:
            self._promises()

    def _promises(self) -> None:
        self.since_check = 0
        self.touched.clear()
        for match in self.model.matches.values():
            self._compare(match)
        self.session.flush()
        found = broken_promises(self.session)
        if found:
            raise Violation("; ".join(f"{each.name}: {each.rows}" for each in found))
