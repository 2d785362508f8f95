"""What somebody says to find a route, and a route as an administrator writes it. Shape only."""

from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from matcher.i18n import _l
from matcher.qualifications.models import TEXT
from matcher.qualifications.policy import Wish
from matcher.qualifications.states import Education, Qualification, Sector, Subjects
from matcher.qualifications.wording import EDUCATIONS, QUALIFICATIONS, SECTORS, SUBJECTS
from matcher.web.forms import MatcherForm, choices

MOST_HOURS = 40
SAY_IT = _l("Write this in both languages.")


class FindRouteForm(MatcherForm):
    """Sent by GET: nothing is kept of what somebody says here."""

    sector = SelectField(_l("Where do you want to teach?"), validators=[InputRequired(_l("Choose where."))])
    education = SelectField(_l("Your highest diploma"), default=Education.UNKNOWN.value)
    subjects = SelectField(_l("What kind of subject?"), default=Subjects.ANY.value)
    held = SelectField(_l("Which teaching qualification do you have?"), default=Qualification.NONE.value)
    other_subject = BooleanField(_l("That qualification is for another subject"))
    hours = IntegerField(
        _l("Clock hours of lessons a week"),
        validators=[Optional(), NumberRange(1, MOST_HOURS, _l("Choose between 1 and 40 hours."))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, meta={"csrf": False}, **kwargs)
        self.sector.choices = choices([("", _l("Choose")), *((code.value, name) for code, name in SECTORS.items())])
        self.education.choices = choices((code.value, name) for code, name in EDUCATIONS.items())
        self.subjects.choices = choices((code.value, name) for code, name in SUBJECTS.items())
        self.held.choices = choices((code.value, name) for code, name in QUALIFICATIONS.items())

    def wish(self) -> Wish:
        """What was said; call after validation."""
        return Wish(
            Sector(self.sector.data),
            Education(self.education.data),
            Subjects(self.subjects.data),
            Qualification(self.held.data),
            self.other_subject.data,
            self.hours.data,
        )


def _number(label: Any, most: int) -> IntegerField:
    return IntegerField(label, validators=[Optional(), NumberRange(0, most)])


def _text(label: Any, *, required: bool = True) -> TextAreaField:
    return TextAreaField(label, validators=[DataRequired(SAY_IT) if required else Optional(), Length(max=TEXT)])


class TeachingRouteForm(MatcherForm):
    """Every field an administrator may change; the names are those of the columns."""

    title_nl = StringField(_l("Name in Dutch"), validators=[DataRequired(SAY_IT), Length(max=200)])
    title_en = StringField(_l("Name in English"), validators=[DataRequired(SAY_IT), Length(max=200)])
    summary_nl = _text(_l("What it is, in Dutch"))
    summary_en = _text(_l("What it is, in English"))
    steps_nl = _text(_l("Steps in Dutch, one a line"), required=False)
    steps_en = _text(_l("Steps in English, one a line"), required=False)
    not_allowed_nl = _text(_l("What it does not allow, in Dutch"))
    not_allowed_en = _text(_l("What it does not allow, in English"))
    who_decides_nl = _text(_l("Who decides, in Dutch"))
    who_decides_en = _text(_l("Who decides, in English"))
    funds_nl = _text(_l("Money and funds, in Dutch"), required=False)
    funds_en = _text(_l("Money and funds, in English"), required=False)
    sectors = SelectMultipleField(_l("For which schools?"), validators=[InputRequired(_l("Choose at least one."))])
    min_education = SelectField(_l("Lowest usual diploma"))
    lower_by_assessment = BooleanField(_l("With a lower diploma somebody may get in after a test or a talk"))
    subjects = SelectField(_l("For which subjects?"))
    gives = SelectField(_l("Which qualification does it lead to?"))
    ask_first = BooleanField(_l("It depends on more than we ask: always say “ask first”"))
    months_from = _number(_l("Shortest, in months"), 120)
    months_to = _number(_l("Longest, in months"), 120)
    hours_from = _number(_l("Lowest number of hours a week"), MOST_HOURS)
    hours_to = _number(_l("Highest number of hours a week"), MOST_HOURS)
    cost_from = _number(_l("Lowest cost in euros"), 100_000)
    cost_to = _number(_l("Highest cost in euros"), 100_000)
    source = StringField(
        _l("Source"),
        description=_l("The law or the organisation that says so, with the year of its text."),
        validators=[DataRequired(_l("Name the source.")), Length(max=300)],
    )
    source_url = StringField(
        _l("Web address of the source"),
        validators=[Optional(), Length(max=300), Regexp(r"https?://[^\s/]+\.\S+$", 0, _l("Begin with https://."))],
    )
    checked_on = DateField(_l("Looked up on"), validators=[InputRequired(_l("Fill in the day you looked it up."))])
    position = IntegerField(_l("Place in the list"), validators=[InputRequired(), NumberRange(0, 10_000)], default=100)
    version = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code.value, name) for code, name in EDUCATIONS.items() if code is not Education.UNKNOWN]
        self.sectors.choices = choices((code.value, name) for code, name in SECTORS.items())
        self.min_education.choices = choices(known)
        covered = SUBJECTS | {Subjects.ANY: _l("All subjects")}
        self.subjects.choices = choices((code.value, name) for code, name in covered.items())
        self.gives.choices = choices((code.value, name) for code, name in QUALIFICATIONS.items())

    def values(self) -> dict[str, Any]:
        """Column → value; call after validation. Nothing typed in a text is an empty text."""
        return {
            field.name: "" if field.data is None and isinstance(field, StringField) else field.data
            for field in self
            if field.name not in ("version", "csrf_token")
        }
