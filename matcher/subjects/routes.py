"""The part of the subject picker that follows what somebody types. Pages with a picker belong to other rooms."""

from dataclasses import replace

from flask import Blueprint, render_template, request

from matcher.i18n import current_locale
from matcher.subjects.levels import Level
from matcher.subjects.queries import TopicChoice, suggested_topics, topics_matching, topics_with_ids
from matcher.web.guards import public
from matcher.web.transaction import reading

blueprint = Blueprint("subjects", __name__, url_prefix="/subjects")

LONGEST_TEXT = 1000
MOST_CHOSEN = 40


@blueprint.get("/suggest")
@public
def suggest() -> str:
    """Checkboxes for `q` (or the field `topic_text`): recognised topics ticked, topics that start so not ticked."""
    text = (request.args.get("q") or request.args.get("topic_text") or "")[:LONGEST_TEXT]
    chosen, seen, settled = (_numbers(name) for name in ("topics", "seen", "settled"))
    locale = current_locale()
    found = suggested_topics(reading(), text, locale, levels=_levels())
    recognised = {choice.id for choice in found}
    last_word = text.split()[-1] if text.split() and not text.endswith(" ") else ""
    more = [choice for choice in topics_matching(reading(), last_word, locale, 6) if choice.id not in recognised]
    # Ticked among the suggestions and no longer recognised: the person's own choice, unless we had ticked it.
    kept = [number for number in chosen if number not in settled and number not in seen and number not in recognised]
    choices = [_ticked(choice, chosen, seen) for choice in found]
    choices += [replace(choice, chosen=True) for choice in topics_with_ids(reading(), kept, locale)]
    choices += [choice for choice in more if choice.id not in kept]
    return render_template(
        "subjects/_suggestions.html",
        choices=[choice for choice in choices if choice.id not in settled],
        # What is merely offered is ticked once it is recognised, so only what we ticked counts as seen.
        ticked_by_us={choice.id for choice in found if not choice.implied},
        asked=bool(text.strip()),
    )


def _ticked(choice: TopicChoice, chosen: list[int], seen: list[int]) -> TopicChoice:
    """A suggestion is ticked when it is new, and stays unticked when the person unticked it."""
    if choice.id in seen:
        return replace(choice, chosen=choice.id in chosen)
    return replace(choice, chosen=choice.id in chosen or not choice.implied)


def _numbers(name: str) -> list[int]:
    values = request.args.getlist(name)[:MOST_CHOSEN]
    return list(dict.fromkeys(int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 10))


def _levels() -> list[Level]:
    known = set(Level)
    return [Level(value) for value in request.args.getlist("for_level") if value in known]
