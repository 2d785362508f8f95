"""What people fill in on a match or a request. Shape only: the services decide."""

from decimal import Decimal
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from matcher.i18n import _l
from matcher.matching.behalf_forms import SpokenFields
from matcher.matching.labels import CANCEL_REASONS, DECLINE_REASONS, MISSED_REASONS, OF_PLACEMENTS, REJECT_REASONS
from matcher.matching.states import CancelReason, DeclineReason, MissedReason
from matcher.web.forms import MatcherForm, choices, number_in

TIME = Regexp(r"^([01]?[0-9]|2[0-3])[:.][0-5][0-9]\Z", message=_l("Type a time like 10:30."))


def _pairs(labels: dict) -> list:
    return choices((member.value, label) for member, label in labels.items())


class StepForm(SpokenFields, MatcherForm):
    """Carries the version of the match that the page showed."""

    seq = HiddenField()

    @property
    def version(self) -> int | None:
        text = self.seq.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


class AcceptForm(StepForm):
    moment = RadioField(
        _l("When can you come?"),
        choices=[],
        validators=[InputRequired(_l("Choose a moment."))],
    )

    def for_days(self) -> None:
        """Where what can be chosen is days or half-days, nobody looks for a moment."""
        self.moment.validators = [InputRequired(_l("Choose the days that suit you."))]


class MomentForm(StepForm):
    day = DateField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])
    starts = StringField(_l("From"), validators=[DataRequired(_l("Type a time like 10:30.")), TIME])
    ends = StringField(_l("Ends at"), validators=[DataRequired(_l("Type a time like 10:30.")), TIME])
    note = StringField(_l("A few words with it"), validators=[Optional(), Length(max=300)])

    @property
    def wanted(self) -> dict[str, Any]:
        return {"day": self.day.data, "starts": self.wall("starts"), "ends": self.wall("ends")}

    def wall(self, name: str) -> str:
        """A typed time as HH:MM."""
        return str(self[name].data).replace(".", ":").zfill(5)


class HalfDaysForm(StepForm):
    """Other days out of the asked half-days, where a moment is more than one visit."""

    half_days = SelectMultipleField(
        _l("Which half-days?"), validators=[InputRequired(_l("Choose at least one.")), Length(max=300)],
        validate_choice=False,
    )  # fmt: skip
    note = StringField(_l("A few words with it"), validators=[Optional(), Length(max=300)])

    @property
    def wanted(self) -> dict[str, Any]:
        return {"half_days": [number_in(text) or 0 for text in self.half_days.data or []]}


class DeclineForm(StepForm):
    reason = RadioField(_l("Why not?"), default=DeclineReason.NONE_GIVEN.value, validators=[InputRequired()])
    note = StringField(_l("A few words with it"), validators=[Optional(), Length(max=300)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _pairs(DECLINE_REASONS)


class EndForm(StepForm):
    """Withdrawing and cancelling."""

    reason = RadioField(_l("Why?"), default=CancelReason.OTHER.value, validators=[InputRequired()])
    note = StringField(_l("A few words with it"), validators=[Optional(), Length(max=300)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _pairs({code: text for code, text in CANCEL_REASONS.items() if code not in OF_PLACEMENTS})

    def for_placement(self) -> None:
        """A hybrid placement can come to nothing for reasons of its own."""
        own = {code: label for code, label in CANCEL_REASONS.items() if code is not CancelReason.PARTNER_LEFT}
        self.reason.choices = _pairs(own)


class RejectForm(StepForm):
    reason = RadioField(_l("Why not?"), validators=[InputRequired(_l("Choose why. Both sides see it."))])
    note = StringField(_l("A few words with it"), validators=[Optional(), Length(max=300)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _pairs(REJECT_REASONS)


class ApproveForm(StepForm):
    note = StringField(_l("Note"), validators=[Optional(), Length(max=1000)])


class ColleagueForm(StepForm):
    colleague = SelectField(_l("Colleague"), choices=[], validators=[InputRequired(_l("Choose a colleague."))])


class MessageForm(MatcherForm):
    body = TextAreaField(_l("Your message"), validators=[DataRequired(_l("Type a message first.")), Length(max=4000)])


class ReportForm(SpokenFields, MatcherForm):
    happened = RadioField(_l("Did it take place?"), choices=[], validators=[InputRequired(_l("Choose yes or no."))])
    days = SelectMultipleField(_l("On which half-days?"), choices=[], validators=[Optional()])
    days_shown = HiddenField()
    reason = RadioField(_l("If not, why?"), choices=[], validators=[Optional()])
    again = RadioField(_l("Would you do it again?"), choices=[], validators=[Optional()])
    pupils = IntegerField(_l("How many pupils were there?"), validators=[Optional(), NumberRange(0, 2000)])
    hours = DecimalField(
        _l("How many hours did it take you, with preparation and travel?"), validators=[Optional(), NumberRange(0, 100)]
    )
    note = TextAreaField(_l("Anything else?"), validators=[Optional(), Length(max=2000)])
    quick = HiddenField()
    thanks = TextAreaField(_l("A word of thanks for your guest"), validators=[Optional(), Length(max=500)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.happened.choices = choices([("yes", _l("Yes")), ("no", _l("No"))])
        self.days.choices = self.days.choices or choices([])
        self.again.choices = choices([("yes", _l("Yes, gladly")), ("no", _l("Rather not"))])
        self.reason.choices = [
            choice for choice in _pairs(MISSED_REASONS) if choice.value != MissedReason.NOT_REPORTED.value
        ]

    def show(self, report: Any) -> None:
        """An answer that was given before."""
        self.happened.data = "yes" if report.happened else "no"
        self.again.data = {True: "yes", False: "no"}.get(report.again)
        self.reason.data, self.pupils.data = report.reason, report.pupils
        self.hours.data = Decimal(str(report.hours)) if report.hours is not None else None
        self.note.data, self.thanks.data = report.note, report.thanks

    def take_quick(self, *, pupils: int | None, hours: float | None) -> None:
        """One click: it took place as agreed, with what then counts."""
        again = {"again": "yes", "once": "no"}.get(self.quick.data or "")
        if again is not None:
            self.happened.data, self.happened.raw_data = "yes", ["yes"]
            self.again.data, self.pupils.data = again, pupils
            self.hours.data = Decimal(str(hours)) if hours is not None else None

    def for_term(self) -> None:
        """A term of half-days is more hours than a visit."""
        self.hours.validators = [Optional(), NumberRange(0, 2000)]

    @property
    def ticked(self) -> list[int] | None:
        """The beginnings of the half-days that took place; None where there were no boxes to tick."""
        return [int(value) for value in self.days.data or []] if self.days_shown.data else None


class InviteForm(MatcherForm):
    """Ticked offers arrive as repeated values in the order of the page; ``first`` puts one in front."""

    keep = BooleanField()


class ConfirmForm(MatcherForm):
    """A button that only needs its token."""


class ReasonForm(MatcherForm):
    """Why somebody lets another ranking order people."""

    reason = StringField(
        _l("Why?"),
        description=_l("It is kept with the version, with your name."),
        validators=[DataRequired(_l("Say why in a few words.")), Length(max=300)],
    )
