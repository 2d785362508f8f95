"""Who has the ball in a match and until when, as a sentence for one reader."""

from datetime import datetime

from matcher.accounts.policy import Actor
from matcher.clock import AMSTERDAM
from matcher.i18n import _, format_day_month
from matcher.matching.kind_words import words_of
from matcher.matching.models import Match
from matcher.matching.people_queries import awaited_away
from matcher.matching.policy import MatchFacts, holders, sides_of
from matcher.matching.states import MatchState, Side


def whose_turn(
    match: Match, facts: MatchFacts, actor: Actor, now: datetime, step: str = "", away: dict[int, str] | None = None
) -> str:
    """Who does something next. `step`: what comes next in a placement when nobody has to answer; `away`: who is not
    there for a while, by id."""
    turn, sides = holders(facts, now), sides_of(facts, actor)
    if step and not turn:
        return step
    return " ".join([_said(match, facts, turn, sides), *awaited_away(facts, turn - sides, away or {})]).strip()


def ball_tone(match: Match, turn: frozenset[Side], sides: frozenset[Side]) -> str:
    """`wait` for who has it, `info` while somebody else has it or it is over, `done` when all is agreed."""
    if turn & sides:
        return "wait"
    return "done" if match.state is MatchState.APPROVED and not turn else "info"


def local_day(at: datetime) -> str:
    return format_day_month(at.astimezone(AMSTERDAM).date())


def _said(match: Match, facts: MatchFacts, turn: frozenset[Side], sides: frozenset[Side]) -> str:
    if not turn:
        return _("All agreed. Nothing waits for an answer.") if match.state is MatchState.APPROVED else ""
    if turn & sides:
        return _your_turn(match, facts, turn)
    waiting = {
        Side.SCHOOL: _("It is the school's turn."),
        Side.COMPANY: str(words_of(match.kind).company_turn),
        Side.EMPLOYER: _("It is the employer's turn."),
        Side.COORDINATOR: _("The coordinator of the region looks at it. You hear within two working days.")
        if match.state is MatchState.ACCEPTED
        else _("The two sides say different things about it. The coordinator of the region looks at it."),
    }
    text = " ".join(waiting[side] for side in sorted(turn))
    if match.state is MatchState.PROPOSED and match.expires_at:
        text += " " + _("An answer can be given until %(day)s.", day=local_day(match.expires_at))
    return text


def _your_turn(match: Match, facts: MatchFacts, turn: frozenset[Side]) -> str:
    if match.state is MatchState.PROPOSED and match.expires_at:
        return _("It is your turn: answer by %(day)s at the latest.", day=local_day(match.expires_at))
    if match.state is MatchState.ACCEPTED:
        return _("It is your turn: both said yes and wait for your approval.")
    if facts.move_asked_by is not None:
        return _("It is your turn: the other side asks for another moment.")
    if Side.COORDINATOR in turn:
        return _("Your answer counts: the two sides say different things.")
    return _("It is your turn: tell how it was.")
