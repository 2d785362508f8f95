"""The form of somebody with a job in a company who wants to teach some half-days a week."""

from collections.abc import Sequence

from wtforms import (
    BooleanField,
    DecimalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from matcher.accounts.behalf_forms import HeardFields
from matcher.availability.halfday_wording import half_day_name
from matcher.availability.halfdays import WEEK, half_days_of
from matcher.availability.states import Delivery, Kind
from matcher.i18n import _l
from matcher.offers.inputs import OfferInput
from matcher.offers.wording import LANGUAGES, group_label
from matcher.organisations.models import Organisation
from matcher.subjects.levels import Level
from matcher.subjects.teaching import INFORMED, LICENCES, OWN_TIME, ROUTE_WISHES, SECONDED, Licence, RouteWish
from matcher.web.forms import MatcherForm, choices

VIEWS = {
    OWN_TIME: _l("I do it in my own time"),
    INFORMED: _l("My employer knows of it and thinks it is fine"),
    SECONDED: _l("My employer lends me out and has to agree"),
}
NOTICE_DAYS = 14
MOST_OPEN = 3
FILL_IN = InputRequired(_l("Fill this in."))
CHOOSE = InputRequired(_l("Choose at least one."))
DETAILS = ("half_days", "hours", "licence", "employer_view", "route", "employer_name", "employer_email")


class HybridForm(MatcherForm):
    """Who teaches in a company's name or in their own; whose offer it is never changes."""

    organisation = SelectField(_l("Where do you work?"), coerce=int)
    topic_text = StringField(_l("What could you teach?"), validators=[Optional(), Length(max=300)])
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    description = TextAreaField(
        _l("What do you bring along?"),
        validators=[FILL_IN, Length(max=4000)],
        description=_l("Your work, and why you want to stand before a class. A few sentences are enough."),
    )
    levels = SelectMultipleField(_l("Which groups do you like to teach?"), validators=[CHOOSE])
    half_days_possible = SelectMultipleField(
        _l("On which half-days can you?"),
        validators=[CHOOSE],
        coerce=int,
        description=_l("They also become the hours at which you usually can, under “My availability”."),
    )
    half_days = IntegerField(
        _l("How many half-days a week at most?"), default=2, validators=[FILL_IN, NumberRange(1, 10)]
    )
    hours = DecimalField(
        _l("How many hours a week at most?"),
        validators=[Optional(), NumberRange(1, 40)],
        description=_l("Empty means four for each half-day."),
    )
    licence = SelectField(_l("Which paper for teaching do you have?"), default=Licence.NONE.value)
    route = RadioField(_l("Do you want to become a teacher on paper too?"), default=RouteWish.PERHAPS.value)
    employer_view = RadioField(_l("What does your employer think of it?"), default=INFORMED)
    employer_name = StringField(_l("Who agrees there?"), validators=[Optional(), Length(max=120)])
    employer_email = StringField(_l("Their mail address"), validators=[Optional(), Length(max=200)])
    own_name = BooleanField(_l("Show me in my own name, without my organisation"))
    languages = SelectMultipleField(_l("In which languages?"), default=["nl"], validators=[CHOOSE])
    travel_km = IntegerField(
        _l("How far do you want to travel?"), default=25, validators=[Optional(), NumberRange(0, 400)]
    )
    pc4 = StringField(
        _l("Travelling from another postcode?"),
        validators=[Optional(), Regexp(r"[1-9][0-9]{3}\Z", message=_l("Four digits, for example 5211."))],
        description=_l("Four digits. Empty: from your organisation."),
    )
    version = HiddenField()

    def offer_choices(self, companies: Sequence[Organisation]) -> None:
        """What depends on the reader: language and organisations."""
        self.organisation.choices = choices((place.id, place.name) for place in companies)
        self.levels.choices = choices((level.value, group_label(level)) for level in Level)
        self.half_days_possible.choices = choices((each.bit, half_day_name(each)) for each in WEEK)
        self.licence.choices = choices((licence.value, label) for licence, label in LICENCES.items())
        self.route.choices = choices((wish.value, label) for wish, label in ROUTE_WISHES.items())
        self.employer_view.choices = choices(VIEWS.items())
        self.languages.choices = choices(LANGUAGES.items())

    @property
    def mask(self) -> int:
        return sum(set(self.half_days_possible.data or ()))

    def given(self, topic_ids: Sequence[int], title: str) -> OfferInput:
        """What was filled in, as a plain value; call after validation."""
        seconded = self.employer_view.data == SECONDED
        return OfferInput(
            kind=Kind.HYBRID_PLACEMENT,
            organisation_id=self.organisation.data,
            title=title,
            description=self.description.data,
            topic_ids=tuple(topic_ids),
            levels=tuple(self.levels.data),
            languages=tuple(self.languages.data),
            delivery=Delivery.ON_SITE,
            own_name=bool(self.own_name.data),
            pc4=self.pc4.data or None,
            travel_km=self.travel_km.data if self.travel_km.data is not None else 25,
            notice_days=NOTICE_DAYS,
            yearly_cap=None,
            open_cap=MOST_OPEN,
            details={
                "topic_text": self.topic_text.data or "",
                "half_day_mask": self.mask,
                "half_days": self.half_days.data,
                "hours": float(self.hours.data) if self.hours.data is not None else None,
                "licence": self.licence.data,
                "route": self.route.data,
                "employer_view": self.employer_view.data,
                "employer_consent": seconded,
                "employer_name": self.employer_name.data or "" if seconded else "",
                "employer_email": self.employer_email.data or "" if seconded else "",
            },
        )

    def show(self, offer: OfferInput, version: int) -> None:
        """The values of an existing offer."""
        self.organisation.data, self.own_name.data = offer.organisation_id, offer.own_name
        for name in ("description", "travel_km", "pc4"):
            self[name].data = getattr(offer, name)
        self.topics.data, self.topic_text.data = list(offer.topic_ids), offer.details.get("topic_text", "")
        self.levels.data, self.languages.data = list(offer.levels), list(offer.languages)
        self.half_days_possible.data = [each.bit for each in half_days_of(offer.details.get("half_day_mask", 0))]
        for name in DETAILS:
            self[name].data = offer.details.get(name)
        self.version.data = str(version)


class HybridOnBehalfForm(HeardFields, HybridForm):
    """The same for somebody who told a coordinator about it."""

    person = SelectField(_l("Who wants to teach?"), coerce=int)
