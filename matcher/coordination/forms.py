"""What a coordinator chooses for a region, and what was agreed by phone. Shape only."""

import re
from typing import Any

from wtforms import DateField, EmailField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from matcher.accounts.behalf_forms import HeardFields
from matcher.accounts.forms import LONGEST_ADDRESS, RealAddress
from matcher.availability.states import Kind
from matcher.coordination.wording import APPROVALS, SPREADS
from matcher.i18n import _l
from matcher.matching.labels import KINDS
from matcher.web.forms import MatcherForm, choices

COORDINATOR, STAND_IN = "coordinator", "stand_in"
PARTS: dict[str, Any] = {
    COORDINATOR: _l("Coordinator"),
    STAND_IN: _l("Stand-in, for some days"),
}
_CHOICE = re.compile(r"[0-9]{1,9}-[0-9]{1,9}\Z", re.ASCII)


class ApprovalRuleForm(MatcherForm):
    kind = RadioField(_l("For"), validators=[InputRequired(_l("Choose a kind."))])
    value = RadioField(_l("How approval is given"), validators=[InputRequired(_l("Choose one."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices((kind.value, KINDS[kind]) for kind in Kind)
        self.value.choices = choices(APPROVALS.items())


class SpreadForm(MatcherForm):
    """How much questions are spread over people who are rarely asked."""

    spread = RadioField(_l("Spread questions"), validators=[InputRequired(_l("Choose one."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.spread.choices = choices(SPREADS.items())


class NameServerForm(MatcherForm):
    """Somebody who will serve a region, always or for some days."""

    email = EmailField(
        _l("Mail address"),
        validators=[InputRequired(_l("Fill in the mail address.")), Length(max=LONGEST_ADDRESS), RealAddress()],
    )
    name = StringField(
        _l("Name"),
        description=_l("Only for somebody who is not here yet."),
        validators=[Optional(), Length(min=2, max=100)],
    )
    part = RadioField(_l("As"), validators=[InputRequired(_l("Choose one."))])
    starts_on = DateField(_l("First day"), validators=[Optional()])
    ends_on = DateField(_l("Last day"), validators=[Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.part.choices = choices(PARTS.items())
        if self.part.data is None:
            self.part.data = COORDINATOR

    @property
    def is_stand_in(self) -> bool:
        return bool(self.part.data == STAND_IN)

    def validate_ends_on(self, field: Any) -> None:
        if self.is_stand_in and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_l("The last day comes before the first."))

    def validate_part(self, field: Any) -> None:
        if self.is_stand_in and not self.ends_on.data:
            raise ValidationError(_l("Say until when: fill in the last day."))
        if not self.is_stand_in and (self.starts_on.data or self.ends_on.data):
            raise ValidationError(_l("Only a stand-in has a first and a last day."))


class AgreedForm(HeardFields, MatcherForm):
    """Who comes when, as one choice `<offer>-<moment>`; the page knows which ones there are."""

    choice = RadioField(
        _l("Who comes, and when?"),
        validators=[
            InputRequired(_l("Choose who comes and when.")),
            Regexp(_CHOICE, message=_l("Choose one of the list.")),
        ],
        validate_choice=False,
        choices=(),
    )

    @property
    def chosen(self) -> tuple[int, int]:
        offer_id, _dash, moment_id = str(self.choice.data).partition("-")
        return int(offer_id), int(moment_id)
