"""The form of an internship place as a company's contact fills it in."""

from collections.abc import Sequence

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from matcher.accounts.behalf_forms import HeardFields
from matcher.availability.halfdays import FULL_WEEK, WEEK
from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import notice_label
from matcher.i18n import _, _l
from matcher.offers.forms import CHOOSE, FILL_IN, NO_CAP
from matcher.offers.inputs import OfferInput
from matcher.offers.place_wording import CONDITIONS
from matcher.offers.wording import LANGUAGES, group_label, internships_label, month_name
from matcher.organisations.models import Organisation
from matcher.subjects.levels import Level
from matcher.web.forms import MatcherForm, choices

NOTICES = (7, 14, 21, 28, 42, 56)
CAPS = (1, 2, 3, 4, 6, 8, 12, 20)
MOST_PLACES = 20


class PlaceForm(MatcherForm):
    """A place. `topics` are the ticked ids, `topic_text` what was typed to find them."""

    organisation = SelectField(_l("For which organisation?"), coerce=int)
    title = StringField(
        _l("What is the place called?"),
        validators=[FILL_IN, Length(max=120)],
        description=_l("For example: A few days in our laboratory."),
    )
    description = TextAreaField(
        _l("What does the teacher see and do?"),
        validators=[FILL_IN, Length(max=4000)],
        description=_l("Looking along, helping, talking to colleagues: a few sentences are enough."),
    )
    department = StringField(_l("Which department?"), validators=[Optional(), Length(max=120)])
    supervisor_id = SelectField(_l("Who guides the teacher?"), coerce=int, default=0)
    supervisor = StringField(
        _l("Somebody without an account"),
        validators=[Optional(), Length(max=120)],
        description=_l("The name and, if you like, the function."),
    )
    topic_text = StringField(_l("What can be learnt there?"), validators=[Optional(), Length(max=300)])
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    half_days = SelectMultipleField(
        _l("On which half-days can a teacher come?"),
        validators=[InputRequired(_l("Choose at least one half-day."))],
        coerce=int,
        default=[each.bit for each in WEEK],
    )
    places = IntegerField(
        _l("How many teachers at once?"), default=1, validators=[FILL_IN, NumberRange(1, MOST_PLACES)]
    )
    notice_days = SelectField(_l("How long ahead do you want to be asked?"), coerce=int, default=21)
    yearly_cap = SelectField(_l("How many teachers in a school year?"), default="4")
    months_off = SelectMultipleField(_l("Months in which it never suits"), coerce=int, validators=[Optional()])
    confidentiality = BooleanField(CONDITIONS["confidentiality"])
    safety = BooleanField(CONDITIONS["safety"])
    insurance = BooleanField(CONDITIONS["insurance"])
    conditions = StringField(_l("Anything else you ask?"), validators=[Optional(), Length(max=300)])
    levels = SelectMultipleField(_l("For teachers of which groups?"), validators=[Optional()])
    languages = SelectMultipleField(_l("In which languages?"), default=["nl"], validators=[CHOOSE])
    version = HiddenField()

    def offer_choices(
        self, companies: Sequence[Organisation], people: Sequence[tuple[int, str]], current: OfferInput | None = None
    ) -> None:
        """Fill what depends on the reader. `current` keeps its own limits on the list."""
        notices = sorted({*NOTICES, current.notice_days} if current else NOTICES)
        own = current.yearly_cap if current else None
        caps = sorted({*CAPS} if own is None else {*CAPS, own})
        self.organisation.choices = choices((place.id, place.name) for place in companies)
        self.supervisor_id.choices = choices([(0, _("Somebody else, or not known yet")), *people])
        self.half_days.choices = choices((each.bit, str(each.bit)) for each in WEEK)
        self.notice_days.choices = choices((days, notice_label(days)) for days in notices)
        found = [(str(cap), internships_label(cap)) for cap in caps]
        self.yearly_cap.choices = choices([*found, (NO_CAP, internships_label(None))])
        self.months_off.choices = choices((month, month_name(month)) for month in range(1, 13))
        self.levels.choices = choices((level.value, group_label(level)) for level in Level)
        self.languages.choices = choices(LANGUAGES.items())

    def given(self, topic_ids: Sequence[int], alone: tuple[int | None, str] | None = None) -> OfferInput:
        """What was filled in, as a plain value; no group means all; `alone`: number and name of who guides."""
        cap = self.yearly_cap.data
        names = {choice.value: str(choice.label) for choice in self.supervisor_id.choices or []}
        known, guide = alone or (self.supervisor_id.data or 0, names.get(self.supervisor_id.data or 0, ""))
        return OfferInput(
            kind=Kind.TEACHER_INTERNSHIP,
            organisation_id=self.organisation.data,
            title=self.title.data,
            description=self.description.data,
            topic_ids=tuple(topic_ids),
            levels=tuple(self.levels.data or [level.value for level in Level]),
            languages=tuple(self.languages.data),
            delivery=Delivery.AT_COMPANY,
            team=alone is None,
            travel_km=0,
            notice_days=self.notice_days.data,
            yearly_cap=None if cap == NO_CAP else int(cap),
            open_cap=3,
            months_off=tuple(self.months_off.data or ()),
            places=self.places.data,
            details={
                "department": self.department.data or "",
                "supervisor": guide if known else self.supervisor.data or "",
                "supervisor_id": known or None,
                "half_day_mask": sum(bit for bit in set(self.half_days.data) if 0 < bit <= FULL_WEEK),
                **{name: bool(self[name].data) for name in CONDITIONS},
                "conditions": self.conditions.data or "",
            },
        )

    def show(self, offer: OfferInput, version: int) -> None:
        """The values of an existing place."""
        details = offer.details
        for name in ("title", "description", "notice_days", "places"):
            self[name].data = getattr(offer, name)
        self.organisation.data = offer.organisation_id
        self.topics.data = list(offer.topic_ids)
        self.levels.data = [] if len(offer.levels) == len(Level) else list(offer.levels)
        self.languages.data = list(offer.languages)
        self.yearly_cap.data = NO_CAP if offer.yearly_cap is None else str(offer.yearly_cap)
        self.months_off.data = list(offer.months_off)
        mask = int(details.get("half_day_mask", FULL_WEEK))
        self.half_days.data = [each.bit for each in WEEK if mask & each.bit]
        self.supervisor_id.data = int(details.get("supervisor_id") or 0)
        self.supervisor.data = "" if self.supervisor_id.data else details.get("supervisor", "")
        for name in ("department", "conditions", *CONDITIONS):
            self[name].data = details.get(name)
        self.version.data = str(version)


class PlaceOnBehalfForm(HeardFields, PlaceForm):
    """The same for a company that told a coordinator about it."""
