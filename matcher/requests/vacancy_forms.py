"""The one page on which a school asks for a hybrid teacher."""

from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from matcher.availability.halfday_wording import half_day_name
from matcher.availability.halfdays import WEEK, half_days_of
from matcher.availability.states import Kind
from matcher.i18n import _, _l
from matcher.requests.draft_forms import DraftFields
from matcher.requests.forms import LANGUAGE_NAMES
from matcher.requests.vacancies import MOST_HOURS, VacancyWish
from matcher.subjects.teaching import ASKED_LICENCES, CONTRACTS, Licence
from matcher.web.forms import MatcherForm, choices

MOST_YEAR = 8


class VacancyForm(DraftFields, MatcherForm):
    """A draft keeps whatever is there; sending it needs a few things more."""

    kind: ClassVar[Kind] = Kind.HYBRID_PLACEMENT
    begins: ClassVar[tuple[str, ...]] = ("topic_text", "topic_ids", "level", "half_day_mask", "own_words")

    topic_text = StringField(
        _l("For which subject?"),
        validators=[Optional(), Length(max=300)],
        description=_l("Or describe the person in a few words: somebody who builds robots, for technology."),
    )
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    level = SelectField(
        _l("Level"), validators=[Optional()], validate_choice=False, description=_l("The highest, for a mixed class.")
    )
    years = SelectMultipleField(_l("Year groups"), validators=[Optional()], coerce=int)
    half_days = IntegerField(
        _l("How many half-days a week?"),
        validators=[Optional(), NumberRange(1, 10)],
        default=2,
        description=_l("A half-day is a morning or an afternoon."),
    )
    half_days_possible = SelectMultipleField(
        _l("Which half-days are possible?"),
        validators=[Optional()],
        coerce=int,
        description=_l("More possible half-days give more people the chance to say yes."),
    )
    hours = DecimalField(
        _l("How many hours a week?"),
        validators=[Optional(), NumberRange(1, MOST_HOURS)],
        description=_l("Clock hours. Empty means four for each half-day."),
    )
    first = DateField(_l("From which day?"), validators=[Optional()])
    last = DateField(
        _l("Until which day?"), validators=[Optional()], description=_l("School holidays are left out by themselves.")
    )
    own_words = TextAreaField(
        _l("In your own words"),
        validators=[Optional(), Length(max=4000)],
        description=_l("Whom do you look for, which classes, and who helps them to start?"),
    )
    licence = SelectField(_l("Which paper for teaching do you ask for?"), default=Licence.NONE.value)
    contracts = SelectMultipleField(_l("How can this person work for you?"), validators=[Optional()])
    pays = StringField(
        _l("What can the school pay?"),
        validators=[Optional(), Length(max=200)],
        description=_l("For example: scale LB, or the travel costs."),
    )
    shared = BooleanField(_l("Two people may share it"), default=True)
    language = SelectField(_l("Language of the lessons"), choices=choices(LANGUAGE_NAMES.items()), default="nl")
    max_km = IntegerField(
        _l("From how far at most?"),
        validators=[Optional(), NumberRange(1, 400)],
        description=_l("Empty means: as far as people want to travel."),
    )

    required = ("topic_text", "level", "half_days_possible", "first", "last", "own_words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*self.required, "half_days", "licence", "language", "asked_by"):
            self[name].flags.required = True
        self.half_days_possible.choices = choices((each.bit, half_day_name(each)) for each in WEEK)
        self.years.choices = choices((year, str(year)) for year in range(1, MOST_YEAR + 1))
        self.licence.choices = choices((licence.value, label) for licence, label in ASKED_LICENCES.items())
        self.contracts.choices = choices((contract.value, label) for contract, label in CONTRACTS.items())

    def require(self, *, recognised: bool) -> bool:
        """What is needed to send it; says at each field what is missing. `recognised`: the text led to a topic."""
        sentences = {
            "topic_text": _("We do not know this topic yet. Use other words, or choose from the list.")
            if self.topic_text.data
            else _("Say for which subject."),
            "level": _("Choose a level."),
            "half_days_possible": _("Tick the half-days that are possible."),
            "first": _("Choose a day."),
            "last": _("Choose a day."),
            "own_words": _("Say in your own words what you are looking for."),
        }
        for name in self.required:
            missing = not recognised if name == "topic_text" else not self[name].data
            if missing and not self[name].errors:
                self[name].errors = [*self[name].errors, sentences[name]]
        return all(not self[name].errors for name in self.required)

    def wish(self, topic_ids: tuple[int, ...]) -> VacancyWish:
        """The typed values; call after validation."""
        return VacancyWish(
            topic_text=self.topic_text.data or "",
            topic_ids=topic_ids,
            level=self.level.data or None,
            years=tuple(sorted(set(self.years.data or ()))),
            half_days=self.half_days.data or 1,
            half_day_mask=sum(set(self.half_days_possible.data or ())),
            hours=float(self.hours.data) if self.hours.data is not None else None,
            first=self.first.data,
            last=self.last.data,
            pays=self.pays.data or "",
            contracts=tuple(dict.fromkeys(self.contracts.data or ())),
            licence=self.licence.data,
            own_words=self.own_words.data or "",
            shared=bool(self.shared.data),
            language=self.language.data,
            max_km=self.max_km.data,
        )

    def show(self, wish: VacancyWish) -> None:
        """Fill the fields from a stored draft."""
        for name in ("topic_text", "level", "half_days", "hours", "first", "last", "pays", "licence", "own_words"):
            self[name].data = getattr(wish, name)
        self.topics.data, self.years.data = list(wish.topic_ids), list(wish.years)
        self.half_days_possible.data = [each.bit for each in half_days_of(wish.half_day_mask)]
        self.contracts.data, self.shared.data = list(wish.contracts), wish.shared
        self.language.data, self.max_km.data = wish.language, wish.max_km
