"""The one page of a guest lecture request, and a class with its weekly periods."""

import re
from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from matcher.availability.moments import Week, WeeklyPeriod
from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import DELIVERIES
from matcher.errors import InvalidInput
from matcher.i18n import _, _l
from matcher.requests.asking import MAX_GROUP, MAX_LESSONS, MAX_NEEDED, Wish
from matcher.requests.draft_forms import NEW, DraftFields, row_or_nothing
from matcher.subjects.typed_level import parse_level
from matcher.web.forms import MatcherForm, choices, number_in

LANGUAGE_NAMES = {"nl": _l("Dutch"), "en": _l("English"), "fy": _l("Frisian"), "de": _l("German")}
BLOCKS = {
    1: _l("One lesson period"),
    2: _l("A block of two periods"),
    3: _l("Three periods in a row"),
    4: _l("Four periods in a row"),
}
_MARK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}:[0-9]{1,2}\Z", re.ASCII)
MOST_MARKS = 60
_CELL = re.compile(r"p-([0-6])-([0-9]{1,2})\Z", re.ASCII)


class PeriodsForm(MatcherForm):
    """Weekly periods arrive as boxes called p-<weekday>-<period>."""

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        formdata = self.meta.wrap_formdata(self, formdata)
        self.ticked = self._cells(formdata)
        self.refused_periods: Any = None
        super().process(formdata, *args, **kwargs)

    @staticmethod
    def _cells(formdata: Any) -> frozenset[tuple[int, int]]:
        matches = (_CELL.match(name) for name in formdata) if formdata else ()
        return frozenset((int(match[1]), int(match[2])) for match in matches if match)

    @property
    def period_errors(self) -> str | None:
        """The refusal of the boxes, which are no field of their own."""
        return str(self.refused_periods) if self.refused_periods else None

    def refuse(self, error: InvalidInput) -> None:
        if error.field == "new_periods":
            self.refused_periods = error.message
            self.form_errors.append(str(error))
        else:
            super().refuse(error)

    @property
    def weekly(self) -> tuple[WeeklyPeriod, ...]:
        return tuple(WeeklyPeriod(day, number) for day, number in sorted(self.ticked))

    def tick(self, weekly: tuple[WeeklyPeriod, ...]) -> None:
        """Show the periods a class has already."""
        self.ticked = frozenset((p.weekday, p.first + step) for p in weekly for step in range(p.count))

    def class_values(self) -> dict[str, Any]:
        """What was typed; a level that was left out may stand in the name, with its year ("4 havo")."""
        named = parse_level("" if self.new_level.data else self.new_name.data or "")
        return {
            "name": self.new_name.data or "",
            "level": self.new_level.data or (named.levels[-1].value if named.levels else ""),
            "year": self.new_year.data or (named.years[0] if len(named.years) == 1 else None),
            "size": self.new_size.data,
            "weekly": self.weekly,
        }


class ClassFields:
    """What a class needs; the same fields stand in the request page."""

    new_name = StringField(
        _l("Name of the class"),
        validators=[Optional(), Length(max=60)],
        description=_l("For example 4H2; or 4 havo, then level and year follow from it."),
    )
    new_level = SelectField(
        _l("Level"), validators=[Optional()], validate_choice=False, description=_l("The highest, for a mixed class.")
    )
    new_year = IntegerField(
        _l("Year"), validators=[Optional(), NumberRange(1, 8)], description=_l("As your school counts it.")
    )
    new_size = IntegerField(
        _l("Number of pupils"),
        validators=[Optional(), NumberRange(1, MAX_GROUP)],
        description=_l("An estimate is enough."),
    )


class ClassForm(ClassFields, PeriodsForm):
    """A class on its own page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_name", "new_level", "new_size"):
            self[name].flags.required = True


class GuestLectureForm(DraftFields, ClassFields, PeriodsForm):
    """Six things are needed to send it; a draft keeps whatever is there."""

    kind: ClassVar[Kind] = Kind.GUEST_LECTURE
    begins: ClassVar[tuple[str, ...]] = ("class_id", "topic_text", "topic_ids", "weeks", "own_words", "new_class")

    school_class = RadioField(_l("For which class?"), validators=[Optional(), row_or_nothing], validate_choice=False)
    topic_text = StringField(
        _l("What should it be about?"),
        validators=[Optional(), Length(max=300)],
        description=_l("In a few words, as you would tell a colleague: heat pumps, home care, how a bank works."),
    )
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    weeks = SelectMultipleField(
        _l("In which weeks?"),
        validators=[Optional()],
        validate_choice=False,
        description=_l("More weeks give more people the chance to say yes."),
    )
    group_size = IntegerField(
        _l("How many pupils?"),
        validators=[Optional(), NumberRange(1, MAX_GROUP)],
        description=_l("Empty means the whole class, or all classes together."),
    )
    delivery = RadioField(
        _l("Where?"),
        choices=choices(DELIVERIES.items()),
        default=Delivery.ON_SITE.value,
    )
    own_words = TextAreaField(
        _l("In your own words"),
        validators=[Optional(), Length(max=4000)],
        description=_l("What do your pupils know already, and what should they take home? The guest reads this."),
    )
    block = SelectField(_l("How long?"), choices=choices(BLOCKS.items()), coerce=int, default=1)
    also_classes = SelectMultipleField(
        _l("Other classes on the same day"),
        validators=[Optional()],
        coerce=int,
        validate_choice=False,
        description=_l("The guest visits these classes too, one after the other or together."),
    )
    lessons = IntegerField(
        _l("How many lessons by the same guest?"),
        validators=[Optional(), NumberRange(1, MAX_LESSONS)],
        default=1,
        description=_l("A series: every lesson gets weeks of its own, and the guest is asked for all of them at once."),
    )
    language = SelectField(_l("Language of the lesson"), choices=choices(LANGUAGE_NAMES.items()), default="nl")
    costs = StringField(
        _l("Costs"),
        validators=[Optional(), Length(max=200)],
        description=_l("For example: travel costs are paid."),
    )
    teacher = SelectField(_l("Who stays in the room?"), validators=[Optional(), row_or_nothing], validate_choice=False)
    needed = IntegerField(_l("How many guests?"), validators=[Optional(), NumberRange(1, MAX_NEEDED)], default=1)
    together = BooleanField(_l("All guests come at the same moment"), default=True)
    planned = SelectMultipleField(validators=[Optional()], validate_choice=False)
    suits = SelectMultipleField(validators=[Optional()], validate_choice=False)

    required = ("school_class", "topic_text", "weeks", "delivery", "own_words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*self.required, "block", "language", "teacher", "asked_by", "new_name", "new_level", "new_size"):
            self[name].flags.required = True

    @property
    def wants_new_class(self) -> bool:
        return bool(self.school_class.data == NEW)

    def require(self, *, recognised: bool) -> bool:
        """What is needed to send it; says at each field what is missing. `recognised`: the text led to a topic."""
        typed = self.topic_text.data
        sentences = {
            "school_class": _("Choose a class."),
            "topic_text": _("We do not know this topic yet. Use other words, or choose from the list.")
            if typed
            else _("Say what it should be about."),
            "weeks": _("Choose at least one week."),
            "delivery": _("Choose where."),
            "own_words": _("Say in your own words what you are looking for."),
        }
        for name in self.required:
            missing = not recognised if name == "topic_text" else not self[name].data
            if missing and not self[name].errors:
                self[name].errors = [*self[name].errors, sentences[name]]
        return all(not self[name].errors for name in self.required)

    @property
    def without(self) -> tuple[str, ...]:
        """The moments that were shown and are not ticked any more."""
        suits = set(self.suits.data or ())
        marks = (mark for mark in (self.planned.data or ())[:MOST_MARKS] if _MARK.match(mark))
        return tuple(dict.fromkeys(mark for mark in marks if mark not in suits))

    def wish(self, *, class_id: int | None, pupils: int | None, topic_ids: tuple[int, ...]) -> Wish:
        """The typed values; call after validation. A class that was typed and is not made yet comes along as it is."""
        return Wish(
            class_id=class_id,
            topic_text=self.topic_text.data or "",
            topic_ids=topic_ids,
            weeks=tuple(sorted(set(self.chosen_weeks()))),
            group_size=self.group_size.data or pupils,
            delivery=Delivery(self.delivery.data or Delivery.ON_SITE),
            own_words=self.own_words.data or "",
            block=self.block.data,
            also_class_ids=tuple(self.also_classes.data or ()),
            language=self.language.data,
            costs=self.costs.data or "",
            teacher_id=number_in(self.teacher.data),
            needed=self.needed.data or 1,
            together=self.together.data,
            lessons=self.lessons.data or 1,
            without=self.without,
            new_class=self._typed_class() if self.wants_new_class and class_id is None else {},
        )

    def _typed_class(self) -> dict[str, Any]:
        fields = ("new_name", "new_level", "new_year", "new_size")
        typed = {name: self[name].data for name in fields if self[name].data}
        return typed | ({"periods": [list(cell) for cell in sorted(self.ticked)]} if self.ticked else {})

    def chosen_weeks(self) -> list[Week]:
        """Weeks that exist; the rest was not typed by a person."""
        found = []
        for text in (self.weeks.data or [])[:60]:
            try:
                found.append(Week.parse(text))
            except ValueError:
                continue
        return found

    def show(self, wish: Wish) -> None:
        """Fill the fields from a stored draft."""
        self.school_class.data = str(wish.class_id) if wish.class_id else None
        self.topic_text.data, self.topics.data = wish.topic_text, list(wish.topic_ids)
        self.weeks.data = [str(week) for week in wish.weeks]
        self.group_size.data, self.delivery.data = wish.group_size, wish.delivery.value
        self.own_words.data, self.costs.data = wish.own_words, wish.costs
        self.block.data, self.also_classes.data = wish.block, list(wish.also_class_ids)
        self.language.data, self.needed.data, self.together.data = wish.language, wish.needed, wish.together
        self.lessons.data = wish.lessons
        self.teacher.data = str(wish.teacher_id) if wish.teacher_id else ""
        if wish.new_class:
            self.school_class.data = NEW
            self.ticked = frozenset((int(day), int(number)) for day, number in wish.new_class.get("periods", ()))
            for name in ("new_name", "new_level", "new_year", "new_size"):
                self[name].data = wish.new_class.get(name)
