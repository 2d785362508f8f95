"""A visit, an internship or a placement that was arranged elsewhere, written down when it is over. Shape only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from wtforms import (
    DateField,
    DecimalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from matcher.accounts.behalf_forms import HeardFields
from matcher.availability.halfdays import FULL_WEEK, WEEK
from matcher.availability.states import Kind
from matcher.i18n import _l
from matcher.matching.afterwards import PastVisit, Span
from matcher.matching.forms import TIME
from matcher.matching.states import HybridStep
from matcher.web.forms import MatcherForm, choices

PERIOD = 50
"""Minutes of a lesson period of which only the beginning is known."""
CHOOSE_DAY, SOMEBODY = InputRequired(_l("Choose a day.")), DataRequired(_l("Choose somebody."))


class PastForm(HeardFields, MatcherForm):
    """Between a school and a company that are already chosen: what all kinds have."""

    kind: Kind
    own_offer: Any
    nobody: Any = None

    teacher = SelectField(_l("Which teacher was there?"), coerce=int, validators=[SOMEBODY])
    title = StringField(
        _l("What was it about?"), validators=[DataRequired(_l("Say what it was about.")), Length(max=120)]
    )
    topic_text = StringField(_l("Topic"), validators=[Optional(), Length(max=300)])
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    level = SelectField(_l("Level"), validators=[Optional()])
    note = TextAreaField(_l("Anything else?"), validators=[Optional(), Length(max=2000)])

    def offer_choices(
        self,
        teachers: Sequence[tuple[int, str]],
        guests: Iterable[tuple[int, str]],
        offers: Iterable[tuple[int, str]],
        levels: Iterable[tuple[str, str]],
    ) -> None:
        """People of the school and the company, what the company offers, levels of the school."""
        # Nobody is put down by accident: only who is alone there is chosen already.
        self.teacher.choices = choices([*([(0, _l("Choose somebody"))] if len(teachers) > 1 else []), *teachers])
        self.offer.choices = choices([(0, self.own_offer), *offers])
        self.level.choices = choices([("", _l("Not said")), *levels])
        if "guest" in self:
            self.guest.choices = choices([*([(0, self.nobody)] if self.nobody else []), *guests])

    def begin_with(self, guests: Sequence[tuple[int, str]], offers: Sequence[tuple[int, str]]) -> None:
        """Who is the only one came, with the only offer there is."""
        self.offer.data = offers[0][0] if len(offers) == 1 else 0
        if "guest" in self:
            self.guest.data = guests[0][0] if len(guests) == 1 else 0

    def fill_in(self, titles: Mapping[int, str]) -> None:
        """What follows from the rest: the name of what was given."""
        self.title.data = self.title.data or titles.get(self.offer.data or 0, "")[:120]

    def visit(self, school_id: int, company_id: int, topic_ids: Sequence[int], now: datetime) -> PastVisit:
        """The typed values; call after validation."""
        return PastVisit(
            kind=self.kind,
            school_id=school_id,
            company_id=company_id,
            topic_ids=tuple(topic_ids),
            teacher_id=self.teacher.data,
            offer_id=self.offer.data or None,
            title=self.title.data,
            level=self.level.data or None,
            note=self.note.data or "",
            heard=self.heard(now),
            **self.own(),
        )

    def own(self) -> dict[str, Any]:
        """What only this kind has, as values of a PastVisit."""
        raise NotImplementedError  # a form without a kind is never shown; each of the three kinds has its own


class PastVisitForm(PastForm):
    kind, own_offer = Kind.GUEST_LECTURE, _l("A lesson that is not in Matcher")
    nobody = _l("Somebody of the company, no name")

    guest = SelectField(_l("Who came?"), coerce=int, validators=[Optional()])
    offer = SelectField(_l("Which lesson?"), coerce=int, validators=[Optional()])
    year = IntegerField(_l("Year"), validators=[Optional(), NumberRange(1, 8)])
    day = DateField(_l("Day"), validators=[CHOOSE_DAY])
    starts = StringField(_l("From"), validators=[DataRequired(_l("Type a time like 10:30.")), TIME])
    ends = StringField(_l("Ends at"), validators=[Optional(), TIME])
    pupils = IntegerField(_l("How many pupils were there?"), validators=[Optional(), NumberRange(1, 500)])
    hours = DecimalField(_l("How many hours did it take the guest?"), validators=[Optional(), NumberRange(0, 100)])

    def fill_in(self, titles: Mapping[int, str]) -> None:
        """And the end of one lesson period."""
        super().fill_in(titles)
        if not self.ends.data and re.fullmatch(r"\d{1,2}[:.]\d{2}", self.starts.data or ""):
            hour, minute = divmod(int(self.starts.data[-2:]) + 60 * int(self.starts.data[:-3]) + PERIOD, 60)
            self.ends.data = f"{hour:02d}:{minute:02d}"

    def own(self) -> dict[str, Any]:
        return {
            "guest_id": self.guest.data or None,
            "day": self.day.data,
            "starts": _wall(self.starts.data),
            "ends": _wall(self.ends.data),
            "year": self.year.data,
            "pupils": self.pupils.data,
            "hours": _number(self.hours),
        }


class SpanFields:
    """Half-days between two days, the same in every week."""

    day = DateField(_l("First day"), validators=[CHOOSE_DAY])
    last = DateField(_l("Last day"), validators=[CHOOSE_DAY])
    half_days = SelectMultipleField(_l("On which half-days of the week?"), validators=[Optional()], coerce=int)

    def offer_half_days(self) -> None:
        self.half_days.choices = choices((each.bit, str(each.bit)) for each in WEEK)

    @property
    def mask(self) -> int:
        return sum(bit for bit in set(self.half_days.data or []) if 0 < bit <= FULL_WEEK)


class PastInternshipForm(SpanFields, PastForm):
    kind, own_offer = Kind.TEACHER_INTERNSHIP, _l("A place that is not in Matcher")

    teacher = SelectField(_l("Which teacher went?"), coerce=int, validators=[SOMEBODY])
    offer = SelectField(_l("Which place?"), coerce=int, validators=[Optional()])
    hours = DecimalField(
        _l("How many hours in all?"),
        validators=[Optional(), NumberRange(0, 100)],
        description=_l("Empty means four for each half-day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_half_days()
        if not self.is_submitted():
            self.half_days.data = [each.bit for each in WEEK]

    def own(self) -> dict[str, Any]:
        span = Span(last=self.last.data, half_day_mask=self.mask)
        return {
            "guest_id": None,
            "day": self.day.data,
            "starts": "",
            "ends": "",
            "hours": _number(self.hours),
            "span": span,
        }


class PastPlacementForm(SpanFields, PastForm):
    kind, own_offer = Kind.HYBRID_PLACEMENT, _l("An offer that is not in Matcher")

    teacher = SelectField(_l("Who of the school arranged it?"), coerce=int, validators=[SOMEBODY])
    guest = SelectField(_l("Who taught?"), coerce=int, validators=[SOMEBODY])
    offer = SelectField(_l("Which offer?"), coerce=int, validators=[Optional()])
    weekly_hours = DecimalField(
        _l("How many hours a week?"),
        validators=[Optional(), NumberRange(1, 40)],
        description=_l("Empty means four for each half-day."),
    )
    introduction = DateField(_l("Introduced on"), validators=[Optional()])
    trial_lesson = DateField(_l("Trial lesson on"), validators=[Optional()])
    offer_made = DateField(_l("Offer made on"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_half_days()

    def own(self) -> dict[str, Any]:
        before = (HybridStep.INTRODUCTION, HybridStep.TRIAL_LESSON, HybridStep.OFFER_MADE)
        steps = {step: self[step.value].data for step in before if self[step.value].data}
        span = Span(self.last.data, self.mask, weekly_hours=_number(self.weekly_hours), steps=steps)
        return {"guest_id": self.guest.data, "day": self.day.data, "starts": "", "ends": "", "span": span}


FORMS: dict[Kind, type[PastForm]] = {form.kind: form for form in (PastVisitForm, PastInternshipForm, PastPlacementForm)}


def _number(field: Any) -> float | None:
    return float(field.data) if field.data is not None else None


def _wall(text: Any) -> str:
    """A typed time as HH:MM."""
    return str(text).replace(".", ":").zfill(5)
