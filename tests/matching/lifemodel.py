"""The life of a match as a plain dict: who may do what when, and what it leads to. Written from the words of the
domain, not from the code it is held against."""

from datetime import datetime, timedelta
from typing import Any

ASKED, SAID_YES, PARTY, COMPANY, COORDINATOR = "asked", "said yes", "party", "company", "coordinator"
# (state, action) → who may; what people do
TABLE: dict[tuple[str, str], frozenset[str]] = {
    ("proposed", "suggest_moment"): frozenset({ASKED}),
    ("proposed", "accept"): frozenset({ASKED}),
    ("proposed", "decline"): frozenset({ASKED}),
    ("proposed", "hand_over"): frozenset({ASKED}),
    ("proposed", "withdraw"): frozenset({SAID_YES}),
    ("accepted", "withdraw"): frozenset({SAID_YES}),
    ("accepted", "approve"): frozenset({COORDINATOR}),
    ("accepted", "reject"): frozenset({COORDINATOR}),
    ("approved", "ask_move"): frozenset({PARTY}),
    ("approved", "move"): frozenset({PARTY}),
    ("approved", "change_visitor"): frozenset({COMPANY}),
    ("approved", "cancel"): frozenset({PARTY, COORDINATOR}),
    ("approved", "report_held"): frozenset({PARTY, COORDINATOR}),
    ("approved", "report_missed"): frozenset({PARTY, COORDINATOR}),
}
DEEDS = sorted({action for _state, action in TABLE} | {"undo"})
TAKES_PLACE = {"accepted", "approved", "held"}
HOLDS_TIME = {"accepted", "approved", "held"}
LIVE = {"proposed", "accepted", "approved"}
STATES = sorted(LIVE | {"held", "missed", "declined", "withdrawn", "rejected", "expired", "cancelled", "superseded"})
REPEATED = {"accept", "decline", "approve", "withdraw", "reject", "cancel"}
"""A second click on these gives the same answer again."""
Life = dict[str, Any]
GONE, BUSY = "the moment is gone", ["the person is busy", "the class is busy"]
REASONS: dict[str, list[str]] = {
    "accept": ["another moment was chosen", "they come together", "no place left", GONE, *BUSY],
    "suggest_moment": [GONE],
    "ask_move": [GONE, "it is over"],
    "approve": ["it began", "the guest left", "the teacher left", "no proof"],
    "cancel": ["it is over"],
    "move": ["nobody asked to move", "it is over", GONE, *BUSY],
    "report_held": ["it is not over", "the sides agree"],
    "report_missed": ["it is not over", "the sides agree"],
    "undo": ["cannot be undone", "the request is closed", "asked anew", "no place left", GONE, *BUSY],
    "change_visitor": ["it began", "the same person", "no colleague", "the person is busy"],
    "hand_over": ["the same person", "no colleague", "the colleague was asked"],
    "propose": ["the request is closed", "asked already", "no place left"],
    "invite": ["the request is closed", "a stranger"],
    "withdraw the request": ["a stranger", "a visit began"],
    "end of the stopped": ["it is over"],
}
"""What stands in the way of a deed besides who somebody is and where the match stands."""
THEIRS = {"accept", "approve", "ask_move", "change_visitor", "decline", "hand_over", "move", "reject", "suggest_moment"}
"""Deeds of one side, which the other may see and not do."""
ANSWERS = {"report_held", "report_missed", "undo"}
"""Deeds that ask no version of the page."""
REFUSALS = (
    {f"refused {deed}: {reason}" for deed, reasons in REASONS.items() for reason in reasons}
    | {
        f"refused {deed}: not from {state}"
        for deed in DEEDS
        for state in STATES
        if deed != "undo" and (state, deed) not in TABLE
    }
    | {f"refused {deed}: {reason}" for deed in DEEDS if deed != "undo" for reason in ("a stranger", "stopped")}
    | {f"refused {deed}: not theirs to {deed}" for deed in {*THEIRS, "withdraw"}}
    | {f"refused {deed}: an old page" for deed in DEEDS if deed not in ANSWERS}
)
"""Every refusal of the model, as the lives count them."""


class Model:
    """Everything the rules look at. Moments are (start, end) in seconds; people, places and requests are ids."""

    def __init__(self, world: dict[str, Any], now: datetime) -> None:
        self.now = now
        self.matches: dict[int, Life] = {}
        self.requests: dict[int, dict[str, Any]] = world["requests"]
        self.offers: dict[int, dict[str, Any]] = world["offers"]
        self.roles: dict[int, set[tuple[str, int]]] = {who: set(roles) for who, roles in world["roles"].items()}
        self.strict_schools: set[int] = world["strict_schools"]
        self.proofs: dict[tuple[int, int], float] = {}
        self.stopped: set[int] = set()

    # who

    def sides(self, match: Life, who: int) -> set[str]:
        request, offer = self.requests[match["request"]], self.offers[match["offer"]]
        roles, sides = self.roles.get(who, set()), set()
        asker = who in {request["asked_by"], request["teacher"]} and ("teacher", request["school"]) in roles
        if asker or ("school_lead", request["school"]) in roles:
            sides.add("school")
        unnamed = match["professional"] is None or match["name_follows"]
        is_member = any(place == offer["company"] for _role, place in roles)
        if unnamed and ("company_contact", offer["company"]) in roles:
            sides.add("company")
        if who in {match["professional"], match["visitor"]} and is_member:
            sides.add("company")
        works_there = is_member or any(place == request["school"] for _role, place in roles)
        people = {request["asked_by"], request["teacher"], match["professional"], match["visitor"]}
        if ("coordinator", 0) in roles and not works_there and who not in people:
            sides.add("coordinator")
        return sides

    def capacities(self, match: Life, sides: set[str]) -> set[str]:
        found = set()
        if sides & {side for side, given in match["consents"].items() if not given}:
            found.add(ASKED)
        proposer = match["side"] == "coordinator" and "coordinator" in sides
        if sides & {side for side, given in match["consents"].items() if given} or proposer:
            found.add(SAID_YES)
        if sides & {"school", "company"}:
            found.add(PARTY)
        return found | (sides & {"company", "coordinator"})

    # may it

    def refusal(self, match: Life, action: str, who: int) -> str | None:
        """Why this person may not do this now; None when the rules allow it."""
        if who in self.stopped:
            return "stopped"
        if action == "undo":
            return None if self._can_undo(match, who) else "cannot be undone"
        sides = self.sides(match, who)
        if not sides:
            return "a stranger"
        allowed = TABLE.get((match["state"], action))
        if allowed is None:
            return f"not from {match['state']}"
        if not allowed & self.capacities(match, sides):
            return f"not theirs to {action}"
        return self._too_late(match, action, sides)

    def _can_undo(self, match: Life, who: int) -> bool:
        last = match["last"]
        in_time = self.now - last["at"] <= timedelta(seconds=60)
        return last["action"] in {"accept", "decline", "approve", "reject"} and last["who"] == who and in_time

    def _too_late(self, match: Life, action: str, sides: set[str]) -> str | None:
        now, chosen = self.now.timestamp(), match["chosen"]
        starts, ends = chosen or (None, None)
        if action in {"approve", "change_visitor"} and starts is not None and now >= starts:
            return "it began"
        if action == "hand_over" and "company" not in sides:
            return "not theirs to hand_over"
        if action in {"cancel", "ask_move", "move"} and ends is not None and now >= ends:
            return "it is over"
        if action == "move" and not (sides & ({"school", "company"} - {match["move_by"]}) and match["move_by"]):
            return "nobody asked to move"
        if action.startswith("report"):
            if ends is not None and now < ends:
                return "it is not over"
            if "coordinator" in sides and len(set(match["reports"].values())) < 2:
                return "the sides agree"
        return None

    def is_repeat(self, match: Life, action: str, who: int, moment: Any = None) -> bool:
        last = match["last"]
        same = last["action"] == action and last["who"] == who and action in REPEATED
        return same and (action != "accept" or last["moment"] == moment)

    # what stands in the way

    def yes_refusal(self, match: Life, moment: tuple[int, int], side: str) -> str | None:
        """What a yes to this moment meets besides the rules."""
        request = self.requests[match["request"]]
        if moment not in match["moments"] or moment[0] <= self.now.timestamp():
            return "the moment is gone"
        if match["chosen"] not in (None, moment) and any(match["consents"].values()):
            return "another moment was chosen"
        others = [m for m in self._of_request(match) if m["state"] in {"accepted", "approved"}]
        if request["needed"] > 1 and any(m["chosen"] != moment for m in others):
            return "they come together"
        missing = {each for each, given in match["consents"].items() if not given}
        return self.hold_refusal(match, moment) if missing <= {side} else None

    def undo_refusal(self, match: Life) -> str | None:
        """What a match that ended meets when it is to live again."""
        action = match["last"]["action"]
        if action not in {"decline", "reject"}:
            return None
        if self.requests[match["request"]]["state"] != "open":
            return "the request is closed"
        if any(self._same_people(match, m) and m["state"] in LIVE for m in self._of_request(match)):
            return "asked anew"
        if action == "decline":
            return None
        gone = match["chosen"][0] <= match["last"]["at"].timestamp()
        return "the moment is gone" if gone else self.hold_refusal(match, match["chosen"])

    def _same_people(self, one: Life, other: Life) -> bool:
        person = one["professional"]
        return one["offer"] == other["offer"] or (person is not None and other["professional"] == person)

    def hold_refusal(self, match: Life, moment: tuple[int, int], visitor: int | None = None) -> str | None:
        if match["state"] not in TAKES_PLACE and self.free_place(match) is None:
            return "no place left"
        return self.busy(match, moment, visitor)

    def busy(self, match: Life, moment: tuple[int, int], visitor: int | None = None) -> str | None:
        person = visitor or match["visitor"] or match["professional"]
        holding = [m for m in self.matches.values() if m is not match and m["state"] in HOLDS_TIME]
        at_once = [m for m in holding if m["chosen"] == moment]
        if person is not None and any((m["visitor"] or m["professional"]) == person for m in at_once):
            return "the person is busy"
        school_class = self.requests[match["request"]]["class"]
        for other in at_once:
            if other["request"] != match["request"] and self.requests[other["request"]]["class"] == school_class:
                return "the class is busy"
        return None

    def free_place(self, match: Life) -> int | None:
        taken = {m["place"] for m in self._of_request(match) if m["state"] in TAKES_PLACE}
        needed = self.requests[match["request"]]["needed"]
        return next((number for number in range(1, needed + 1) if number not in taken), None)

    def unfit(self, match: Life) -> str | None:
        """Why a coordinator may not approve it as it stands."""
        request, offer = self.requests[match["request"]], self.offers[match["offer"]]
        if match["visitor"] is not None and not self._works(match["visitor"], offer["company"]):
            return "the guest left"
        if not self._works(request["teacher"], request["school"]):
            return "the teacher left"
        return None if self.is_safe(match, match["visitor"], match["chosen"]) else "no proof"

    def is_safe(self, match: Life, visitor: int | None, moment: tuple[int, int]) -> bool:
        """Nothing is asked, or somebody saw a proof that covers the day."""
        school = self.requests[match["request"]]["school"]
        return school not in self.strict_schools or self.proofs.get((visitor or 0, school), 0) > moment[0]

    def colleague_refusal(self, match: Life, colleague: int, but: int | None) -> str | None:
        if colleague == but:
            return "the same person"
        return None if self._works(colleague, self.offers[match["offer"]]["company"]) else "no colleague"

    def _works(self, who: int, place: int) -> bool:
        return who not in self.stopped and any(at == place for _role, at in self.roles.get(who, set()))

    def _of_request(self, match: Life) -> list[Life]:
        return [m for m in self.matches.values() if m["request"] == match["request"] and m is not match]

    # what it leads to

    def step(self, match: Life, action: str, to: str, who: int | None, **noted: Any) -> None:
        """One more event; whoever leaves an agreement leaves its place."""
        match["state"], match["seq"] = to, match["seq"] + 1
        match["last"] = {"action": action, "who": who, "at": self.now, "moment": None} | noted
        if action != "ask_move":
            match["move_by"] = None
        if to not in TAKES_PLACE:
            match["place"] = None

    def say_yes(self, match: Life, moment: tuple[int, int], side: str, who: int) -> None:
        before = match["chosen"]
        match["consents"][side], match["chosen"] = True, moment
        complete = all(match["consents"].values())
        if complete:
            match["place"] = self.free_place(match)
            match["visitor"] = match["visitor"] or match["professional"]
        self.step(match, "accept", "accepted" if complete else "proposed", who, moment=moment, before=before, side=side)

    def undo(self, match: Life, who: int) -> str | None:
        """Back to before; says what stood in the way."""
        last = match["last"]
        if last["action"] == "accept":
            match["consents"][last["side"]], match["chosen"], match["visitor"] = False, last["before"], None
            self.step(match, "undo", "proposed", who)
        elif last["action"] == "decline":
            self.step(match, "undo", "proposed", who)
        elif last["action"] == "approve":
            self.step(match, "undo", "accepted", who)
        else:
            refusal = self.hold_refusal(match, match["chosen"])
            if refusal is not None:
                return refusal
            match["place"] = self.free_place(match)
            self.step(match, "undo", "accepted", who)
        return None

    def report(self, match: Life, side: str, happened: bool, who: int) -> None:
        match["reports"][side] = happened
        if side == "coordinator" or (len(match["reports"]) >= 2 and len(set(match["reports"].values())) == 1):
            action = "report_held" if happened else "report_missed"
            self.step(match, action, "held" if happened else "missed", who)

    def counted(self, match: Life) -> str | None:
        """What the clock makes of reports that did not come."""
        if match["state"] != "approved" or match["chosen"] is None or len(match["reports"]) > 1:
            return None
        age = self.now.timestamp() - match["chosen"][1]
        if match["reports"] and age >= 7 * 86_400:
            return "held" if next(iter(match["reports"].values())) else "missed"
        return "missed" if not match["reports"] and age >= 21 * 86_400 else None
