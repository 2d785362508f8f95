"""The chain of events and the table of steps cannot be altered."""

from matcher.db import append_only
from matcher.matching.models import AllowedTransition, MatchEvent

append_only(AllowedTransition)
append_only(MatchEvent)
