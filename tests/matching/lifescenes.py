"""Scenes of random lives: what leads to a step, or a refusal, that seldom comes by itself."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis.stateful import rule

from tests.factories import NOW
from tests.matching.lifedeeds import EXTRA_SPANS, STEPS, Deeds
from tests.matching.lifemodel import LIVE, Life

LOOKED_AT = 200
YOUNG = 80
SOON, LONG = date(2026, 12, 11), date(2028, 12, 31)
"""Until when a proof is valid: between the first moments, and for years."""
LATE_WAYS = (
    "report_held report_held",
    "report_missed report_missed",
    "report_held report_missed",
    "report_missed report_held",
    "report_held",
)
"""Ways a match goes, as far as nothing stands in it. `proof`: one comes or goes; `role`: somebody changes places."""

LEAST, TRIED = 5, 4
SCENES_A_TURN, LATE_A_LIFE = 3, 5
Scenes = dict[str, tuple[str, tuple[Any, ...]]]
SCENES: Scenes = {
    "refused accept: the person is busy": ("_rival_answers", ("professional", False)),
    "refused accept: the class is busy": ("_rival_answers", ("class", False)),
    "refused accept: no place left": ("_rival_answers", ("request", False)),
    "refused accept: they come together": ("_not_together", ()),
    "refused undo: the person is busy": ("_rival_answers", ("professional", True)),
    "refused undo: the class is busy": ("_rival_answers", ("class", True)),
    "refused undo: no place left": ("_rival_answers", ("request", True)),
    "refused undo: the request is closed": ("_no_is_regretted", ("withdrawn",)),
    "refused undo: asked anew": ("_no_is_regretted", ("asked",)),
    "refused move: the person is busy": ("_two_move", ("professional",)),
    "refused move: the class is busy": ("_two_move", ("class",)),
    "refused change_visitor: the person is busy": ("_colleague_is_busy", ()),
    "refused approve: the guest left": ("_somebody_left", ("guest",)),
    "refused approve: the teacher left": ("_somebody_left", ("teacher",)),
    "approved move accepted": ("_moved_beyond_the_proof", ()),
    "approved change_visitor accepted": ("_sent_without_proof", ()),
    "approved lapse accepted": ("_proof_lapses", ()),
    "proposed supersede superseded": ("_is_full", ()),
    "proposed undo proposed": ("_first_yes_is_taken_back", ()),
    "rejected undo accepted": ("_rejection_is_regretted", ()),
    "approved change_visitor approved": ("_a_colleague_comes", ()),
    "refused move: an old page": ("_from_an_old_page", ("ask_move", "move")),
    "refused approve: an old page": ("_from_an_old_page", ("", "approve")),
    "refused invite: the request is closed": ("_asked_when_closed", ()),
    "refused propose: the request is closed": ("_asked_when_closed", ()),
}
"""What is rare → what leads to it."""
LATE_SCENES: Scenes = {
    "approved report_held held": ("_is_over", (LATE_WAYS[0],)),
    "approved report_missed missed": ("_is_over", (LATE_WAYS[1],)),
    "refused report_held: the sides agree": ("_is_over", ("",)),
    "accepted expire expired": ("_nobody_approves", ()),
    "refused ask_move: the moment is gone": ("_asked_too_late", ("ask_move",)),
    "refused move: the moment is gone": ("_asked_too_late", ("move",)),
    "refused withdraw the request: a visit began": ("_withdrawn_after", ()),
    "refused end of the stopped: it is over": ("_stopped_after", ()),
}
"""The same, for what needs the clock to go on."""


class Staged(Deeds):
    before: Counter[str]
    at_birth: Counter[str]
    _prove: Any
    _change_role: Any
    _withdraw: Any
    _invite: Any
    propose: Any
    _change_stop: Any

    def _go(self, match: Life | None, way: str) -> None:
        for step in way.split() if match is not None else ():
            if step == "proof":
                self._prove_otherwise(match)
            elif step == "role":
                self._change_role(match["visitor"] or match["professional"])
            elif step == "lapse":
                self._lapse(match)
            elif step == "supersede":
                for other in self._others("request", match):
                    self._supersede(other)
            else:
                if step == "approve" and match["state"] == "accepted" and self.model.unfit(match) == "no proof":
                    self._prove_otherwise(match)
                self._do(match, step)
                if step == "accept" and match["state"] == "proposed":
                    self._do(match, step)

    def _is_young(self) -> bool:
        """Once the asked days are over little can be agreed: the first half of a life stays before them."""
        return self.seen[STEPS] - self.at_birth[STEPS] < YOUNG

    def _wait_until(self, seconds: float, longer: timedelta) -> None:
        self.model.now = max(self.model.now, datetime.fromtimestamp(seconds, NOW.tzinfo) + longer)

    def _others(self, shared: str, match: Life) -> list[Life]:
        """Matches that wait for an answer and have this request, this class or this guest in common."""
        others = [m for m in self.model.matches.values() if m["state"] == "proposed" and m is not match]
        if shared == "company":
            at = {number: each["company"] for number, each in self.model.offers.items()}
            return [m for m in others if at[m["offer"]] == at[match["offer"]] and m["professional"] is not None]
        if shared != "class":
            return [m for m in others if m[shared] is not None and m[shared] == match[shared]]
        classes = {number: each["class"] for number, each in self.model.requests.items()}
        others = [m for m in others if m["request"] != match["request"]]
        return [m for m in others if classes[m["request"]] == classes[match["request"]]]

    def _to_go(self, asks_proof: bool) -> Life | None:
        strict = [number for number, each in self.model.requests.items() if each["school"] in self.model.strict_schools]
        chosen = self._some(lambda m: m["state"] == "proposed" and m["request"] in strict) if asks_proof else None
        return chosen or self._some(lambda m: m["state"] == "proposed") or self._some(lambda m: m["state"] in LIVE)

    def _prove_otherwise(self, match: Life) -> None:
        """The proof of the guest is withdrawn, or given when there was none."""
        if match["visitor"] in self.world["guests"] and match["chosen"] is not None:
            safe = self.model.is_safe(match, match["visitor"], match["chosen"])
            self._prove(match["visitor"], None if safe else LONG)

    def _do(self, match: Life, action: str, **chosen: Any) -> None:
        """Whoever may, with a moment or a colleague that fits, if there is one."""
        for _time in range(LOOKED_AT):
            given = self._given(match, action, self._pick(self.world["people"]), False)
            if given is not None and self._must(match, action, given | chosen) is None:
                self._carry_out(match, action, given | chosen, None)
                return

    # scenes

    @rule()
    def play_a_scene(self) -> None:
        """Some of those that end in what was seen least."""
        for _time in range(SCENES_A_TURN):
            self._play(SCENES if self._is_young() else SCENES | LATE_SCENES)

    def _play(self, scenes: Scenes) -> None:
        labels = sorted(scenes, key=lambda label: self.before[label] + self.seen[label] - self.at_birth[label])
        name, values = scenes[self._pick(labels[:LEAST])]
        getattr(self, name)(*values)

    def _play_late(self) -> None:
        """A life whose clock goes on early, while there is somebody to agree with."""
        for _time in range(LATE_A_LIFE):
            self._play(LATE_SCENES)

    def _who_may(self, match: Life, action: str) -> int | None:
        people = self.chance.sample(self.world["people"], len(self.world["people"]))
        return next((who for who in people if self.model.refusal(match, action, who) is None), None)

    def _rivals(self, shared: str) -> tuple[Life, Life, Any] | None:
        """Two that wait for an answer, have this in common and nothing else, and a moment that suits both."""
        waiting = [m for m in self.model.matches.values() if m["state"] == "proposed"]
        for match in self.chance.sample(waiting, len(waiting)):
            for other in self._others(shared, match):
                alone = (match["professional"] == other["professional"]) is (shared == "professional")
                common = [each for each in match["moments"] & other["moments"] if each[0] > self.model.now.timestamp()]
                if alone and common:
                    return match, other, self._pick(sorted(common))
        return None

    def _agree(self, match: Life, *, on: Any) -> bool:
        for _side in range(2):
            if match["state"] == "proposed":
                self._do(match, "accept", moment=on)
        return match["state"] == "accepted"

    def _agreed(self, wanted: Callable[[Life], bool] = lambda match: True, *, approved: bool = True) -> Life | None:
        """One that waits for an answer and goes as far as that."""
        waiting = [m for m in self.model.matches.values() if m["state"] == "proposed" and wanted(m)]
        for match in self.chance.sample(waiting, min(len(waiting), TRIED)):
            self._go(match, "accept approve" if approved else "accept")
            if match["state"] == ("approved" if approved else "accepted"):
                return match
        return self._some(lambda m: m["state"] == ("approved" if approved else "accepted") and wanted(m))

    def _is_strict(self, match: Life) -> bool:
        return self.model.requests[match["request"]]["school"] in self.model.strict_schools

    def _try_to(self, match: Life, action: str, **chosen: Any) -> None:
        """Somebody who may in principle; something may stand in the way."""
        who = self._who_may(match, action)
        if who is not None:
            self._deed(match, action, who, **chosen)

    def _rival_answers(self, shared: str, undone: bool) -> None:
        """Both say yes to the same hour; or the first is refused meanwhile, and that is undone too late."""
        match, other, moment = self._rivals(shared) or (None, None, None)
        if match is None or other is None or not self._agree(match, on=moment):
            return
        if undone:
            self._do(match, "reject")
            self._agree(other, on=moment)
            self._deed(match, "undo", match["last"]["who"])
        else:
            self._try_to(other, "accept", moment=moment)

    def _two_move(self, shared: str) -> None:
        """Two agreed visits of one guest or one class are moved to the same moment."""
        match, other, moment = self._rivals(shared) or (None, None, None)
        if match is None or other is None:
            return
        wanted = self._pick(sorted(EXTRA_SPANS))
        for each, on in ((match, moment), (other, self._pick(sorted(other["moments"] - {moment}) or [moment]))):
            self._agree(each, on=on)
            self._go(each, "approve")
            self._do(each, "ask_move", moment=wanted)
        self._do(match, "move")
        self._try_to(other, "move")

    def _colleague_is_busy(self) -> None:
        match, other, moment = self._rivals("company") or (None, None, None)
        if match is not None and other is not None and self._agree(match, on=moment) and self._agree(other, on=moment):
            self._go(match, "approve")
            self._try_to(match, "change_visitor", colleague=other["professional"])

    def _somebody_left(self, whose: str) -> None:
        changing = {each[0] for each in self.world["changing"]}
        match = self._agreed(lambda m: self._whose(m, whose) in changing, approved=False)
        if match is None:
            return
        for _time in range(2):  # away, and back: or the other way round, when they were away already
            self._change_role(self._whose(match, whose))
            if match["state"] == "accepted" and self.model.unfit(match) is not None:
                self._try_to(match, "approve")

    def _whose(self, match: Life, whose: str) -> int | None:
        return self.model.requests[match["request"]]["teacher"] if whose == "teacher" else match["professional"]

    def _no_is_regretted(self, meanwhile: str) -> None:
        """In the minute before it is undone the request ends, or a colleague passes it back."""
        requests = self.world["withdrawable"] if meanwhile == "withdrawn" else sorted(self.model.requests)
        match = self._some(lambda m: m["state"] == "proposed" and m["request"] in requests)
        if match is None:
            return
        self._do(match, "decline")
        who = match["last"]["who"]
        if meanwhile == "withdrawn":
            self._withdraw(match["request"], self.model.requests[match["request"]]["asked_by"])
        for other in self._others("request", match) if match["professional"] is not None else ():
            self._do(other, "hand_over", colleague=match["professional"])
        if match["state"] == "declined":
            self._deed(match, "undo", who)

    def _moved_beyond_the_proof(self) -> None:
        match = self._agreed(lambda m: self._is_strict(m), approved=False)
        if match is not None and match["visitor"] in self.world["guests"]:
            self._prove(match["visitor"], SOON)
            for action in ("approve", "ask_move", "move"):
                self._do(match, action)

    def _sent_without_proof(self) -> None:
        match = self._agreed(lambda m: self._is_strict(m))
        for guest in self.world["guests"] if match is not None else ():
            self._prove(guest, LONG if guest == match["visitor"] else None)
        if match is not None:
            self._do(match, "change_visitor")

    def _proof_lapses(self) -> None:
        match = self._agreed(lambda m: self._is_strict(m))
        if match is not None and match["visitor"] in self.world["guests"]:
            self._prove(match["visitor"], None)
            self._lapse(match)

    def _is_full(self) -> None:
        match, other, moment = self._rivals("request") or (None, None, None)
        if match is not None and other is not None and self._agree(match, on=moment):
            self._supersede(other)

    def _not_together(self) -> None:
        """Two guests of one class hour, at different hours."""
        match, other, moment = self._rivals("request") or (None, None, None)
        if match is not None and other is not None and self._agree(match, on=moment):
            for another in sorted(other["moments"] - {moment}):
                self._try_to(other, "accept", moment=another)

    def _first_yes_is_taken_back(self) -> None:
        match = self._some(lambda m: m["state"] == "proposed" and not any(m["consents"].values()))
        if match is not None:
            self._do(match, "accept")
            self._deed(match, "undo", match["last"]["who"])

    def _rejection_is_regretted(self) -> None:
        match = self._agreed(approved=False)
        if match is not None:
            self._do(match, "reject")
            self._deed(match, "undo", match["last"]["who"])

    def _a_colleague_comes(self) -> None:
        match = self._agreed()
        if match is not None:
            self._do(match, "change_visitor")

    def _from_an_old_page(self, first: str, action: str) -> None:
        match = self._agreed(approved=action != "approve")
        self._go(match, first)
        who = self._who_may(match, action) if match is not None else None
        if match is not None and who is not None:
            self._deed(match, action, who, stale=True)

    def _asked_when_closed(self) -> None:
        request_id = self._pick(self.world["withdrawable"])
        self._withdraw(request_id, self.model.requests[request_id]["asked_by"])
        self._invite(request_id)
        for side in ("school", "company"):
            self.propose(side)

    # scenes of later

    def _is_over(self, late: str) -> None:
        agreed = self._agreed()
        if agreed is not None:
            self._wait_until(agreed["chosen"][1], timedelta(hours=1))
            for action in ("change_visitor", "move") if agreed["professional"] is not None else ():
                self._deed(agreed, action, agreed["professional"])
            self._go(agreed, late)
            for action in () if late else ("report_held", "report_missed"):
                self._deed(agreed, action, self.world["boss"])

    def _nobody_approves(self) -> None:
        match = self._agreed(approved=False)
        if match is not None:
            self._wait_until(match["chosen"][0], timedelta(minutes=1))
            if self.model.refusal(match, "reject", self.world["boss"]) is not None:
                self._try_to(match, "reject")
            self._expire(match)

    def _asked_too_late(self, action: str) -> None:
        """Another hour is asked, or agreed to, when that hour is over and the visit is still to come."""
        moment = min(EXTRA_SPANS)
        match = self._agreed(lambda m: max(m["moments"], default=(0, 0))[0] > moment[0])
        if match is None or match["chosen"][0] <= moment[0]:
            return
        if action == "move":
            self._do(match, "ask_move", moment=moment)
        self._wait_until(moment[0], timedelta(minutes=1))
        if action == "move":
            self._try_to(match, "move")
        self._try_to(match, "ask_move", moment=moment)

    def _withdrawn_after(self) -> None:
        match = self._agreed(lambda m: m["request"] in self.world["withdrawable"])
        if match is not None:
            self._wait_until(match["chosen"][1], timedelta(hours=1))
            self._withdraw(match["request"], self.model.requests[match["request"]]["asked_by"])

    def _stopped_after(self) -> None:
        who = self.world["stoppable"][0]
        match = self._agreed(lambda m: m["professional"] == who and who not in self.model.stopped)
        if match is not None:
            self._wait_until(match["chosen"][1], timedelta(hours=1))
            self._change_stop()
