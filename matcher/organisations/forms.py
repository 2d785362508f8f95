"""What people fill in to join: company, self-employed, school by hand; settings, lesson times, year calendar."""

from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from matcher.accounts.states import Role
from matcher.i18n import _l
from matcher.organisations.lesson_times import INCOMPLETE, Lesson
from matcher.organisations.models import DayKind
from matcher.organisations.names import KVK_FORM, POSTCODE_FORM, is_kvk
from matcher.organisations.states import RefusalReason, SchoolSector, SizeClass
from matcher.regions.postcodes import pc4_of
from matcher.subjects.levels import Level, level_name
from matcher.web.forms import MatcherForm, choices

ROWS = 12
MOST_VISITS = 2000
ROLE_NAMES = {
    Role.TEACHER: _l("Teacher"),
    Role.SCHOOL_LEAD: _l("School leader"),
    Role.PROFESSIONAL: _l("Guest teacher"),
    Role.COMPANY_CONTACT: _l("Contact of the company"),
}
SIZES = [
    (SizeClass.ONE.value, _l("1 person")),
    (SizeClass.SMALL.value, _l("2 to 9 people")),
    (SizeClass.MIDDLE.value, _l("10 to 49 people")),
    (SizeClass.LARGE.value, _l("50 to 249 people")),
    (SizeClass.VERY_LARGE.value, _l("250 people or more")),
]
SECTORS = [
    (SchoolSector.PO.value, _l("Primary school")),
    (SchoolSector.SO.value, _l("Special education")),
    (SchoolSector.VO.value, _l("Secondary school")),
    (SchoolSector.MBO.value, _l("Vocational college (mbo)")),
    (SchoolSector.HBO.value, _l("University of applied sciences (hbo)")),
]
DAY_KINDS = [
    (DayKind.TEST_WEEK.value, _l("Test week")),
    (DayKind.STUDY_DAY.value, _l("Study day")),
    (DayKind.FREE_DAY.value, _l("Free day")),
    (DayKind.EXAM_CLASSES_GONE.value, _l("Exam classes are gone")),
    (DayKind.LESSON_DAY.value, _l("Lessons after all")),
]
REFUSALS = [
    (RefusalReason.UNKNOWN.value, _l("We cannot find this organisation")),
    (RefusalReason.DUPLICATE.value, _l("It is here already")),
    (RefusalReason.NOT_SUITABLE.value, _l("It does not suit what we do")),
    (RefusalReason.OTHER.value, _l("Another reason")),
]


def number_or_none(value: Any) -> int | None:
    """An empty choice means nothing was chosen; nonsense fails as a wrong choice."""
    return int(value) if value not in (None, "", "None") else None


class Postcode:
    """Written as a Dutch postcode; whether it exists is asked of the table."""

    def __call__(self, form: Any, field: Any) -> None:
        if pc4_of(field.data or "") is None:
            raise ValidationError(str(POSTCODE_FORM))


class KvkNumber:
    """Eight digits; spaces and dots are forgiven."""

    def __call__(self, form: Any, field: Any) -> None:
        field.data = "".join((field.data or "").replace(".", "").split())
        if field.data and not is_kvk(field.data):
            raise ValidationError(str(KVK_FORM))


def _postcode(label: Any, description: Any) -> StringField:
    required = InputRequired(_l("Fill in a postcode."))
    return StringField(label, description=description, validators=[required, Length(max=10), Postcode()])


class SectorForm(MatcherForm):
    """A form with a choice of sector, offered from the table."""

    def offer_sectors(self, pairs: list[tuple[int, str]]) -> None:
        self["sector_id"].choices = choices([("", _l("Choose")), *pairs])


class CompanyForm(SectorForm):
    name = StringField(
        _l("Name of the company"), validators=[InputRequired(_l("Fill in the name of the company.")), Length(max=150)]
    )
    kvk = StringField(
        _l("KvK number"),
        description=_l("8 digits. You find it on an invoice or at kvk.nl."),
        validators=[InputRequired(_l("Fill in the KvK number.")), Length(max=20), KvkNumber()],
    )
    postcode = _postcode(_l("Postcode"), _l("Where people work. From here we estimate distances."))
    sector_id = SelectField(_l("Sector"), coerce=number_or_none, validators=[Optional()])
    size = SelectField(_l("How large"), choices=choices(SIZES), validators=[InputRequired()])
    roles = SelectMultipleField(
        _l("What will you do?"),
        choices=choices(
            [
                (Role.PROFESSIONAL.value, _l("I give lessons myself")),
                (Role.COMPANY_CONTACT.value, _l("I arrange it for colleagues")),
            ]
        ),
        validators=[InputRequired(_l("Choose at least one."))],
    )


class SelfEmployedForm(SectorForm):
    postcode = _postcode(_l("Postcode"), _l("We keep only the four digits, and show only the town."))
    sector_id = SelectField(
        _l("In which field do you work, or did you work?"), coerce=number_or_none, validators=[Optional()]
    )
    kvk = StringField(
        _l("KvK number"),
        description=_l("Only if you have one."),
        validators=[Optional(), Length(max=20), KvkNumber()],
    )


class SchoolForm(MatcherForm):
    name = StringField(
        _l("Name of the location"), validators=[InputRequired(_l("Fill in the name of the location.")), Length(max=150)]
    )
    brin = StringField("BRIN", description=_l("Two digits and two letters, like 00AH."), validators=[InputRequired()])
    location = StringField(
        _l("Location code"),
        default="00",
        description=_l("Two signs, 00 for the main location."),
        validators=[InputRequired()],
    )
    sector = SelectField(_l("Type of school"), choices=choices(SECTORS), validators=[InputRequired()])
    levels = SelectMultipleField(
        _l("Levels"), validators=[InputRequired(_l("Choose at least one."))], validate_choice=True
    )
    street = StringField(_l("Street and number"), validators=[Optional(), Length(max=150)])
    postcode = _postcode(_l("Postcode"), None)

    def offer_levels(self, locale: str) -> None:
        self.levels.choices = choices((level.value, level_name(level, locale)) for level in Level)


class JoinForm(MatcherForm):
    role = RadioField(_l("Your role"), validators=[InputRequired(_l("Choose your role."))])

    def offer(self, roles: list[Role]) -> None:
        self.role.choices = choices((role.value, ROLE_NAMES[role]) for role in roles)


class RefuseForm(MatcherForm):
    reason = RadioField(_l("Why?"), choices=choices(REFUSALS), validators=[InputRequired(_l("Choose a reason."))])


class SettingsForm(MatcherForm):
    via_contact = BooleanField(_l("Invitations to our people go through our contact first"))
    ask_limit = IntegerField(
        _l("Visits a school year by all our people together, at most"),
        description=_l(
            "Over all schools. Leave it empty for no maximum; what people do in their own name is not counted."
        ),
        validators=[Optional(), NumberRange(min=0, max=MOST_VISITS, message=_l("Choose a number from 0 to 2000."))],
    )
    staff_domain = StringField(
        _l("Mail domain of your staff"),
        description=_l("Whoever has an address there is confirmed at once. Only use a domain that pupils do not have."),
        validators=[Optional(), Length(max=100)],
    )


class LessonRow(Form):
    start = TimeField(_l("Begins at"), validators=[Optional()])
    end = TimeField(_l("Ends at"), validators=[Optional()])


class LessonTimesForm(MatcherForm):
    """Twelve rows; empty ones at the end are no lessons. Their place is their number."""

    rows = FieldList(FormField(LessonRow), min_entries=ROWS, max_entries=ROWS)

    def show(self, lessons: list[Lesson]) -> None:
        for lesson in lessons[:ROWS]:
            if 1 <= lesson.number <= ROWS:
                row = self.rows[lesson.number - 1].form
                row.start.data, row.end.data = lesson.start, lesson.end

    def lessons(self) -> list[Lesson]:
        """What was typed, complete rows only; `validate` refuses half ones."""
        pairs = [(entry.form.start.data, entry.form.end.data) for entry in self.rows]
        return [Lesson(number, start, end) for number, (start, end) in enumerate(pairs, 1) if start and end]

    def validate_rows(self, field: Any) -> None:
        for number, entry in enumerate(field, 1):
            if (entry.form.start.data is None) != (entry.form.end.data is None):
                raise ValidationError(str(INCOMPLETE) % {"number": number})


class RegularForm(MatcherForm):
    """Lesson times in one go: equal lessons from a first bell."""

    start = TimeField(_l("First bell"), validators=[InputRequired()])
    minutes = IntegerField(_l("Minutes per lesson"), validators=[InputRequired(), NumberRange(20, 180)])
    count = IntegerField(_l("Number of lessons"), validators=[InputRequired(), NumberRange(1, ROWS)])
    pause_after = IntegerField(_l("Long break after lesson"), validators=[Optional(), NumberRange(1, ROWS)])
    pause = IntegerField(_l("Minutes of break"), validators=[Optional(), NumberRange(1, 120)])


class CalendarForm(MatcherForm):
    kind = SelectField(_l("What"), choices=choices(DAY_KINDS), validators=[InputRequired()])
    first = DateField(_l("First day"), validators=[InputRequired(_l("Fill in a day."))])
    last = DateField(_l("Last day"), validators=[Optional()])
    note = StringField(_l("Note"), validators=[Optional(), Length(max=100)])

    def span(self) -> tuple[date, date | None]:
        return self.first.data, self.last.data
