"""What the pages about ranking and status say about the running system. Pure but for the values it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matcher.home.figures import Health
from matcher.i18n import _, _l, format_date, format_datetime, format_number
from matcher.matching.part_wording import part_words
from matcher.monitor.running_rule import part_weights

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


@dataclass(frozen=True)
class Explained:
    """What the public page says of the ranking that runs."""

    is_learned: bool
    parts: list[Part]
    facts: list[tuple[str, str]]


def explained(name: str | None, card: Mapping[str, Any] | None, since: datetime | None) -> Explained:
    """Every part of the running ranking, the heaviest first. Without a card it is the rule written by people.

    The name of the version is for administrators; None where somebody else reads."""
    parts = [Part(*part_words(code), share) for code, share in part_weights(card).items()]
    version = [] if name is None else [(_("Version"), name)]
    if card is None:
        return Explained(False, parts, [(_("Rule"), _("written by people")), *version])
    facts = [(_("Order"), _("learned from answers")), *version]
    if since is not None:
        facts.append((_("Since"), format_date(since)))
    learned_from = {
        "answers": format_number(card.get("settled", 0)),
        "requests": format_number(card.get("requests", 0)),
    }
    facts.append((_("Learned from"), _("%(answers)s answers to %(requests)s requests", **learned_from)))
    return Explained(True, parts, facts)


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
            (_("Name of the order"), health.ranking),
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
        return _("learned from answers")
    if health.refused_model is not None:
        return _("written by people, because the learned order cannot be used now")
    return _("written by people")
