"""Ways that lead deep into a life: several steps of one match, and what was seen least."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.matching.lifedeeds import AGAIN
from tests.matching.lifemodel import DEEDS, Life
from tests.matching.lifescenes import LATE_WAYS, LOOKED_AT, Staged

RARE_DEEDS = 8
WAYS = (
    "accept",
    "accept supersede",
    "accept reject",
    "accept approve",
    "accept approve ask_move move",
    "accept approve change_visitor",
    "accept approve ask_move proof move",
    "accept approve proof change_visitor",
    "accept approve proof lapse",
    "accept role",
)


class Ways(Staged):
    @rule(way=st.sampled_from(WAYS), late=st.sampled_from(LATE_WAYS))
    def a_match_goes_its_way(self, way: str, late: str) -> None:
        """Several steps of one match; later in a life a visit is over first."""
        if self._is_young():
            self._go(self._to_go("proof" in way), way)
        else:
            self._is_over(late)

    @rule()
    def somebody_who_works_there_decides(self) -> None:
        """A coordinator who also works at the company tries to approve what could be approved."""
        who, role, place = self.world["torn"]
        match = self._agreed(lambda m: self.model.offers[m["offer"]]["company"] == place, approved=False)
        if match is None or match["chosen"][0] <= self.model.now.timestamp():
            return
        if self.model.unfit(match) == "no proof":
            self._prove_otherwise(match)
        if (role, place) not in self.model.roles[who]:
            self._change_role(who)
        if self.model.unfit(match) is None:
            self._deed(match, "approve", who)

    @rule()
    def try_what_was_seen_least(self) -> None:
        """Of many deeds the one that was done, or refused for its reason, least often in this life and before it."""
        self._rare(RARE_DEEDS)

    def _rare(self, deeds: int) -> None:
        for _time in range(deeds):
            tries = [each for _ in range(LOOKED_AT) if (each := self._any_deed()) is not None]
            if tries:
                match, action, given, must = min(tries, key=self._times_seen)
                self._carry_out(match, action, given, must)

    def _any_deed(self) -> tuple[Life, str, dict[str, Any], str | None] | None:
        match, action = self._pick(list(self.model.matches.values())), self._pick(DEEDS)
        given = self._given(match, action, self._pick(self.world["people"]), self.chance.random() < 0.2)
        return None if given is None else (match, action, given, self._must(match, action, given))

    def _times_seen(self, tried: tuple[Life, str, dict[str, Any], str | None]) -> int:
        match, action, _given, must = tried
        return self._times(f"{match['state']} {action}" if must is None else action, must)

    def _times(self, what: str, must: str | None) -> int:
        """How often this ended so until now: in this life, and in those that were lived before it the first time."""
        label = what if must is None else f"{AGAIN} {what}" if must == AGAIN else f"refused {what}: {must}"
        return self.before[label] + self.seen[label] - self.at_birth[label]
