"""What the pages about ranking and status say about the running system. Pure but for the values it is given."""

from dataclasses import dataclass
from typing import Any

from matcher.home.figures import Health
from matcher.i18n import _, _l, format_datetime, format_number
from matcher.monitor.running_rule import rule_name, rule_weights

NEVER = (
    _l("They do not offer this kind, or not about this topic."),
    _l("They do not want to come to this level or in this language."),
    _l("They can never come at any of your moments, or are away or booked then."),
    _l("It is further than they want to travel, and online does not suit."),
    _l("It is too soon: they want to know longer beforehand."),
    _l("They pause, have reached their maximum for this school year, or already have a question open."),
    _l("This request has already asked them."),
    _l("They or their organisation have not been checked yet, or the safety rules of your board are not met."),
    _l("One of both sides has blocked the other."),
    _l("Their company wants questions to go through its contact person first."),
)


@dataclass(frozen=True)
class Part:
    """One part of the rule as people read it."""

    label: Any
    text: Any
    weight: int


# The texts follow ranking.baseline; a part without text here is shown by its code, so that nothing counts unseen.
_PARTS = {
    "topic": (_l("Topic"), _l("Exactly your topic counts most, a neighbouring topic less.")),
    "near": (_l("Near"), _l("Closer is better. Online counts as fairly near.")),
    "time": (_l("Time"), _l("How many of your moments usually suit them, and how much time there still is.")),
    "earlier": (_l("Earlier visits"), _l("They have been at your school, or your school and company work together.")),
    "answers": (_l("Answers"), _l("They answer, in time, and often say yes. Saying no is better than no answer.")),
    "spare": (_l("Room"), _l("They still have room this school year and have not just been asked.")),
    "level": (_l("Experience with the level"), _l("They have taught this kind of group before.")),
    "fit": (_l("Details"), _l("Size of the group, language, place, and whether it is already known who comes.")),
}


def weights() -> list[Part]:
    """Every part of the running rule, the heaviest first."""
    found = []
    for code, share in rule_weights().items():
        label, text = _PARTS.get(code, (code, ""))
        found.append(Part(label, text, share))
    return found


def model() -> dict[str, str]:
    return {"name": _("written by people"), "version": rule_name()}


def health_facts(health: Health, shows_all: bool) -> list[tuple[str, str]]:
    """Lines of the status page; the second half only for administrators."""
    facts = [
        (_("Website"), _("works")),
        (_("Mail"), _("on time") if health.late_mails == 0 else _("behind; nothing gets lost")),
        (_("Order of people"), _ordered_by(health)),
        (_("Measured"), format_datetime(health.at)),
    ]
    if shows_all:
        facts += [
            (_("Mails that wait"), format_number(health.waiting_mails)),
            (_("Mails that are late"), format_number(health.late_mails)),
            (_("Mails that failed"), format_number(health.dead_mails)),
        ]
        if health.refused_model is not None:
            words = _(
                "Model %(name)s cannot be used; `matcher status` on the server says why.", name=health.refused_model
            )
            facts.append((_("What to do"), words))
    return facts


def _ordered_by(health: Health) -> str:
    if health.is_learned:
        return _("model %(name)s, learned from what happened", name=health.ranking)
    if health.refused_model is not None:
        return _("rule %(name)s, written by people, because the learned order cannot be used now", name=health.ranking)
    return _("rule %(name)s, written by people", name=health.ranking)
