"""What every page that asks for something carries beside its questions: who asks, which draft it is, which page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from wtforms import HiddenField, SelectField
from wtforms.validators import Length, Optional, ValidationError

from matcher.accounts.behalf import KEY
from matcher.accounts.behalf_forms import HeardFields
from matcher.availability.states import Kind
from matcher.i18n import _, _l
from matcher.requests.drafts import Sending
from matcher.web.forms import MatcherForm, choices, number_in

NEW = "new"


def row_or_nothing(form: MatcherForm, field: Any) -> None:
    """A select of rows: nothing, a number that a row can have, or "new" where that is offered."""
    text = field.data
    if text and number_in(text) is None and not (text == NEW and field.name == "school_class"):
        raise ValidationError(_("Choose one of the list."))


class DraftFields(HeardFields):
    """Fields for the form of any kind."""

    kind: ClassVar[Kind]
    begins: ClassVar[tuple[str, ...]]
    """The fields with which somebody begins to ask: a page on which none is filled in makes no draft."""

    asked_by = SelectField(_l("Who asks?"), validators=[Optional(), row_or_nothing], validate_choice=False)
    version = HiddenField(validators=[Optional()])
    page_key = HiddenField(validators=[Optional(), Length(max=64)])
    turn = HiddenField(validators=[Optional()])
    first_offer = HiddenField(validators=[Optional()])

    @property
    def sent_before(self) -> int:
        """How often this page sent itself before, as it counts."""
        return min(number_in(self.turn.data) or 0, 10**6)

    def show_asker(self, asked_by_id: int, details: Mapping[str, Any] | None) -> None:
        """Who asks and how that was heard, of a stored draft."""
        self.asked_by.data = str(asked_by_id)
        self.show_heard((details or {}).get(KEY))

    def offer_askers(self, people: Sequence[tuple[str, str]], nobody: str) -> None:
        """The choices; nobody can be chosen only where nobody was yet, or somebody who is not there any more."""
        chosen = self.asked_by.data in {number for number, _name in people}
        self.asked_by.choices = choices([*([] if chosen and self.version.data else [("", nobody)]), *people])

    def sending(self, draft_id: int | None, now: datetime) -> Sending:
        """What this page says of itself; call after validation."""
        return Sending(
            page=self.page_key.data or "",
            turn=self.sent_before,
            draft_id=draft_id,
            version=number_in(self.version.data) if draft_id else None,
            asked_by_id=number_in(self.asked_by.data),
            heard=self.heard(now),
            first_offer=number_in(self.first_offer.data),
        )
