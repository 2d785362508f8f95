"""The one page of a teacher who asks for an internship."""

from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from matcher.availability.halfdays import FULL_WEEK, HOURS, LEAST_HOURS, MOST_HOURS, WEEK
from matcher.availability.states import Kind
from matcher.i18n import _, _l
from matcher.requests.draft_forms import DraftFields
from matcher.requests.forms import LANGUAGE_NAMES
from matcher.requests.internship_wording import ORDERS
from matcher.requests.internships import InternshipWish
from matcher.web.forms import MatcherForm, choices

UNITS = {"days": _l("whole days"), "half_days": _l("half-days"), "hours": _l("hours")}


class DaysFields:
    """When and how much; the preview line reads these alone."""

    first = DateField(_l("From which day?"), validators=[Optional()])
    last = DateField(_l("Until which day?"), validators=[Optional()], description=_l("A longer time fits more places."))
    amount = IntegerField(
        _l("How much?"),
        validators=[Optional(), NumberRange(1, MOST_HOURS)],
        default=3,
        description=_l("3 to 10 days: 24 to 80 hours in all."),
    )
    unit = RadioField(_l("In what?"), choices=choices(UNITS.items()), default="days")
    half_days = SelectMultipleField(_l("On which half-days of the week?"), validators=[Optional()], coerce=int)
    order = RadioField(_l("How should the days be spread?"), choices=choices(ORDERS.items()), default="either")
    holidays = BooleanField(_l("School holidays may be used too"))

    def offer_half_days(self) -> None:
        self.half_days.choices = choices((each.bit, str(each.bit)) for each in WEEK)

    def days_wish(self, **rest: Any) -> InternshipWish:
        """The typed values; what does not fit is as if it was left empty."""
        amount = self.amount.data if not self.amount.errors else None
        return InternshipWish(
            first=self.first.data,
            last=self.last.data,
            half_day_mask=sum(bit for bit in set(self.half_days.data or []) if 0 < bit <= FULL_WEEK),
            unit=self.unit.data if self.unit.data in UNITS else "days",
            amount=amount or 3,
            order=self.order.data if self.order.data in ORDERS else "either",
            holidays=bool(self.holidays.data),
            **rest,
        )


class DaysForm(DaysFields, MatcherForm):
    """Only for the line that says what is possible."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_half_days()


class InternshipForm(DraftFields, DaysFields, MatcherForm):
    """What, when and with whose leave; a draft keeps whatever is there."""

    kind: ClassVar[Kind] = Kind.TEACHER_INTERNSHIP
    begins: ClassVar[tuple[str, ...]] = ("topic_text", "topic_ids", "learning_goal", "product", "first", "own_words")

    topic_text = StringField(
        _l("What do you want to learn about?"),
        validators=[Optional(), Length(max=300)],
        description=_l("In a few words: how a laboratory works, logistics, care with robots."),
    )
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    learning_goal = TextAreaField(
        _l("What do you want to take home?"),
        validators=[Optional(), Length(max=1000)],
        description=_l("What do you want to know or be able to do afterwards? The company reads this."),
    )
    product = StringField(
        _l("What will you make with it?"),
        validators=[Optional(), Length(max=300)],
        description=_l("For example: a lesson, an assignment for the class, a talk for colleagues."),
    )
    own_words = TextAreaField(
        _l("In your own words"),
        validators=[Optional(), Length(max=4000)],
        description=_l("Who are you, and why this company? A few sentences are enough."),
    )
    leader = StringField(
        _l("Who is your team leader?"),
        validators=[Optional(), Length(max=120)],
        description=_l("You may ask this later too. The coordinator approves once the leave is there."),
    )
    leave_given = BooleanField(_l("The team leader agrees"))
    replacement = StringField(
        _l("How are your lessons replaced?"),
        validators=[Optional(), Length(max=300)],
        description=_l("For example: a colleague takes over, or the days lie outside my lessons."),
    )
    max_km = IntegerField(_l("How far away at most?"), validators=[Optional(), NumberRange(1, 400)])
    language = SelectField(_l("Language at the company"), choices=choices(LANGUAGE_NAMES.items()), default="nl")
    costs = StringField(
        _l("Costs"),
        validators=[Optional(), Length(max=200)],
        description=_l("For example: the school pays my travel."),
    )

    required = ("topic_text", "learning_goal", "first", "last", "amount", "half_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_half_days()
        if not self.is_submitted():
            self.half_days.data = [each.bit for each in WEEK]
        for name in (*self.required, "language", "asked_by"):
            self[name].flags.required = True

    def require(self, *, recognised: bool) -> bool:
        """What is needed to send it; says at each field what is missing. `recognised`: the text led to a topic."""
        sentences = {
            "topic_text": _("We do not know this topic yet. Use other words, or choose from the list.")
            if self.topic_text.data
            else _("Say what you want to learn."),
            "learning_goal": _("Say what you want to take home."),
            "first": _("Choose a day."),
            "last": _("Choose a day."),
            "amount": _("Say how much."),
            "half_days": _("Choose at least one half-day."),
        }
        for name in self.required:
            missing = not recognised if name == "topic_text" else not self[name].data
            if missing and not self[name].errors:
                self[name].errors = [*self[name].errors, sentences[name]]
        hours = self.days_wish().hours
        if not self.amount.errors and not LEAST_HOURS <= hours <= MOST_HOURS:
            too = _(
                "An internship takes %(least)s to %(most)s hours: 3 to 10 days.", least=LEAST_HOURS, most=MOST_HOURS
            )
            self.amount.errors = [too]
        return all(not self[name].errors for name in self.required)

    def wish(self, topic_ids: tuple[int, ...]) -> InternshipWish:
        """The typed values; call after validation."""
        return self.days_wish(
            topic_text=self.topic_text.data or "",
            topic_ids=topic_ids,
            learning_goal=self.learning_goal.data or "",
            product=self.product.data or "",
            own_words=self.own_words.data or "",
            leader=self.leader.data or "",
            leave_given=bool(self.leave_given.data),
            replacement=self.replacement.data or "",
            max_km=self.max_km.data,
            language=self.language.data,
            costs=self.costs.data or "",
        )

    def show(self, wish: InternshipWish) -> None:
        """Fill the fields from a stored draft."""
        for name in (
            "topic_text", "learning_goal", "product", "own_words", "first", "last", "unit", "order", "holidays",
            "leader", "leave_given", "replacement", "max_km", "language", "costs",
        ):  # fmt: skip
            self[name].data = getattr(wish, name)
        self.topics.data, self.amount.data = list(wish.topic_ids), round(wish.amount)
        self.half_days.data = [each.bit for each in WEEK if wish.half_day_mask & each.bit]


def half_days_needed(wish: InternshipWish) -> int:
    return -(-int(wish.hours) // HOURS)
