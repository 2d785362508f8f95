"""What people fill in about a placement: a step that was taken, and the class of a trial lesson."""

from wtforms import DateField, DecimalField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from matcher.availability.moments import Week
from matcher.i18n import _l
from matcher.requests.vacancies import MOST_HOURS
from matcher.web.forms import MatcherForm, number_in


class StepTakenForm(MatcherForm):
    on_day = DateField(_l("On which day?"), validators=[InputRequired(_l("Choose a day."))])
    hours = DecimalField(_l("How many hours a week?"), validators=[Optional(), NumberRange(1, MOST_HOURS)])

    @property
    def number(self) -> float | None:
        return float(self.hours.data) if self.hours.data is not None else None


class TrialForm(MatcherForm):
    """The moments follow from the class's weekly lessons and the weeks, as for any guest lecture."""

    school_class = RadioField(_l("For which class?"), validators=[Optional()], validate_choice=False)
    weeks = SelectMultipleField(
        _l("In which weeks?"), validators=[InputRequired(_l("Choose at least one week."))], validate_choice=False
    )
    own_words = TextAreaField(
        _l("A few words with it"),
        validators=[Optional(), Length(max=1000)],
        description=_l("What should the lesson be about, and who is there to watch?"),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.school_class.flags.required = self.weeks.flags.required = True

    @property
    def class_id(self) -> int | None:
        return number_in(self.school_class.data)

    def chosen_weeks(self) -> list[Week]:
        found = []
        for text in (self.weeks.data or [])[:60]:
            try:
                found.append(Week.parse(text))
            except ValueError:
                continue
        return found
