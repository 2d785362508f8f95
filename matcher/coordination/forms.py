"""What a coordinator chooses for a region, and a visit she registers when it is over. Shape only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from wtforms import (
    DateField,
    DecimalField,
    EmailField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from matcher.accounts.behalf_forms import HeardFields
from matcher.accounts.forms import LONGEST_ADDRESS, RealAddress
from matcher.availability.states import Kind
from matcher.coordination.wording import APPROVALS, SPREADS
from matcher.i18n import _l
from matcher.matching.afterwards import PastVisit
from matcher.matching.forms import TIME
from matcher.matching.labels import KINDS
from matcher.web.forms import MatcherForm, choices

COORDINATOR, STAND_IN = "coordinator", "stand_in"
PARTS: dict[str, Any] = {
    COORDINATOR: _l("Coordinator"),
    STAND_IN: _l("Stand-in, for some days"),
}
_CHOICE = re.compile(r"[0-9]{1,9}-[0-9]{1,9}\Z", re.ASCII)
PERIOD = 50
"""Minutes of a lesson period of which only the beginning is known."""


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


class PastVisitForm(HeardFields, MatcherForm):
    """A visit between a school and a company that are already chosen."""

    teacher = SelectField(
        _l("Which teacher was there?"), coerce=int, validators=[InputRequired(_l("Choose somebody."))]
    )
    guest = SelectField(_l("Who came?"), coerce=int, validators=[Optional()])
    offer = SelectField(_l("Which lesson?"), coerce=int, validators=[Optional()])
    title = StringField(
        _l("What was it about?"), validators=[DataRequired(_l("Say what it was about.")), Length(max=120)]
    )
    topic_text = StringField(_l("Topic"), validators=[Optional(), Length(max=300)])
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    level = SelectField(_l("Level"), validators=[Optional()])
    year = IntegerField(_l("Year"), validators=[Optional(), NumberRange(1, 8)])
    day = DateField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])
    starts = StringField(_l("From"), validators=[DataRequired(_l("Type a time like 10:30.")), TIME])
    ends = StringField(_l("Until"), validators=[DataRequired(_l("Type a time like 10:30.")), TIME])
    pupils = IntegerField(_l("How many pupils were there?"), validators=[Optional(), NumberRange(1, 500)])
    hours = DecimalField(_l("How many hours did it take the guest?"), validators=[Optional(), NumberRange(0, 100)])
    note = TextAreaField(_l("Anything else?"), validators=[Optional(), Length(max=2000)])

    def offer_choices(
        self,
        teachers: Iterable[tuple[int, str]],
        guests: Iterable[tuple[int, str]],
        offers: Iterable[tuple[int, str]],
        levels: Iterable[tuple[str, str]],
    ) -> None:
        """People of the school and the company, lessons of the company, levels of the school."""
        self.teacher.choices = choices(teachers)
        self.guest.choices = choices([(0, _l("Somebody of the company, no name")), *guests])
        self.offer.choices = choices([(0, _l("A lesson that is not in Matcher")), *offers])
        self.level.choices = choices([("", _l("Not said")), *levels])

    def begin_with(self, guests: Sequence[tuple[int, str]], offers: Sequence[tuple[int, str]]) -> None:
        """Who is the only one came, with the only lesson there is."""
        self.guest.data = guests[0][0] if len(guests) == 1 else 0
        self.offer.data = offers[0][0] if len(offers) == 1 else 0

    def fill_in(self, lessons: Mapping[int, str]) -> None:
        """What follows from the rest: the name of the lesson that was given, and the end of one lesson period."""
        self.title.data = self.title.data or lessons.get(self.offer.data or 0, "")[:120]
        if not self.ends.data and re.fullmatch(r"\d{1,2}[:.]\d{2}", self.starts.data or ""):
            hour, minute = divmod(int(self.starts.data[-2:]) + 60 * int(self.starts.data[:-3]) + PERIOD, 60)
            self.ends.data = f"{hour:02d}:{minute:02d}"

    def visit(self, school_id: int, company_id: int, topic_ids: Sequence[int], now: datetime) -> PastVisit:
        """The typed values; call after validation."""
        return PastVisit(
            school_id=school_id,
            company_id=company_id,
            teacher_id=self.teacher.data,
            guest_id=self.guest.data or None,
            offer_id=self.offer.data or None,
            day=self.day.data,
            starts=_wall(self.starts.data),
            ends=_wall(self.ends.data),
            title=self.title.data,
            topic_ids=tuple(topic_ids),
            level=self.level.data or None,
            year=self.year.data,
            pupils=self.pupils.data,
            hours=float(self.hours.data) if self.hours.data is not None else None,
            note=self.note.data or "",
            heard=self.heard(now),
        )


def _wall(text: Any) -> str:
    """A typed time as HH:MM."""
    return str(text).replace(".", ":").zfill(5)
