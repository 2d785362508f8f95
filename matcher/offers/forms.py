"""The form of a guest lecture as somebody from outside the school world fills it in, and the pause."""

from collections.abc import Sequence
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
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
from matcher.availability.states import Delivery, Kind
from matcher.availability.wording import DELIVERIES, notice_label
from matcher.i18n import _l
from matcher.offers.inputs import GROUP_MOST, OfferInput
from matcher.offers.models import Offer
from matcher.offers.wording import LANGUAGES, cap_label, group_label, month_name
from matcher.organisations.models import Organisation
from matcher.subjects.levels import Level
from matcher.web.forms import MatcherForm, choices

EMPLOYER, OWN_NAME, TEAM = "employer", "own_name", "team"
OFFERED = (Delivery.ON_SITE, Delivery.EITHER, Delivery.ONLINE)
NOTICES = (0, 7, 14, 21, 28, 42, 56)
CAPS = (1, 2, 3, 4, 6, 8, 12, 20)
NO_CAP = "none"
FILL_IN = InputRequired(_l("Fill this in."))
CHOOSE = InputRequired(_l("Choose at least one."))


class LimitFields:
    """How often, and how much at once; the same fields stand beside the week."""

    yearly_cap = SelectField(_l("How often may we ask you?"), default="6")
    open_cap = SelectField(
        _l("How many questions at the same time?"),
        coerce=int,
        default=1,
        description=_l("One at a time is usual: you answer first, then the next one comes."),
    )

    def offer_limits(self, own: int | None, most_open: int) -> None:
        """The usual choices, and what holds already."""
        caps = sorted({*CAPS} if own is None else {*CAPS, own})
        self.yearly_cap.choices = choices([*((str(cap), cap_label(cap)) for cap in caps), (NO_CAP, cap_label(None))])
        self.open_cap.choices = choices((number, str(number)) for number in range(1, max(3, most_open) + 1))

    @property
    def most_a_year(self) -> int | None:
        return None if self.yearly_cap.data == NO_CAP else int(self.yearly_cap.data)

    def show_limits(self, yearly_cap: int | None, open_cap: int) -> None:
        self.yearly_cap.data = NO_CAP if yearly_cap is None else str(yearly_cap)
        self.open_cap.data = open_cap


class GuestLectureForm(LimitFields, MatcherForm):
    """A lesson. `topics` are the ticked ids, `topic_text` what was typed to find them."""

    organisation = SelectField(_l("For which organisation?"), coerce=int)
    who = RadioField(_l("Who gives the lesson?"), default=EMPLOYER)
    title = StringField(
        _l("What is the lesson called?"),
        validators=[FILL_IN, Length(max=120)],
        description=_l("For example: How does a heat pump keep a house warm?"),
    )
    description = TextAreaField(
        _l("What do the pupils do?"),
        validators=[FILL_IN, Length(max=4000)],
        description=_l("A few sentences are enough. Doing works better than listening."),
    )
    topic_text = StringField(_l("What is it about?"), validators=[Optional(), Length(max=300)])
    topics = SelectMultipleField(_l("Topics"), validators=[Optional()], coerce=int, validate_choice=False)
    levels = SelectMultipleField(_l("Which groups do you like to teach?"), validators=[CHOOSE])
    minutes = IntegerField(
        _l("How many minutes?"),
        default=50,
        validators=[FILL_IN, NumberRange(10, 480)],
        description=_l("A lesson period is about 50 minutes."),
    )
    group_most = IntegerField(
        _l("How many pupils at most?"), default=32, validators=[Optional(), NumberRange(1, GROUP_MOST)]
    )
    materials = TextAreaField(
        _l("What do you need in the classroom?"),
        validators=[Optional(), Length(max=500)],
        description=_l("For example: a screen, a tap, tables in groups."),
    )
    languages = SelectMultipleField(_l("In which languages?"), default=["nl"], validators=[CHOOSE])
    delivery = RadioField(_l("Where?"), default=Delivery.ON_SITE.value)
    travel_km = IntegerField(
        _l("How far do you want to travel?"), default=25, validators=[Optional(), NumberRange(0, 400)]
    )
    pc4 = StringField(
        _l("Travelling from another postcode?"),
        validators=[Optional(), Regexp(r"[1-9][0-9]{3}\Z", message=_l("Four digits, for example 5211."))],
        description=_l("Four digits. Empty: from your organisation."),
    )
    notice_days = SelectField(_l("How long ahead do you want to be asked?"), coerce=int, default=21)
    months_off = SelectMultipleField(_l("Months in which you never can"), coerce=int, validators=[Optional()])
    employer_consent = BooleanField(
        _l("My employer has to agree to each visit"),
        description=_l("They get a mail with a link once you and the school agree. They need no account."),
    )
    employer_name = StringField(_l("Who agrees there?"), validators=[Optional(), Length(max=120)])
    employer_email = StringField(_l("Their mail address"), validators=[Optional(), Length(max=200)])
    version = HiddenField()

    def offer_choices(
        self, companies: Sequence[Organisation], *, team: bool, current: OfferInput | None = None
    ) -> None:
        """Fill what depends on the reader: language and organisations. `current` keeps its own limits on the list."""
        notices = sorted({*NOTICES, current.notice_days} if current else NOTICES)
        self.organisation.choices = choices((place.id, place.name) for place in companies)
        given = [(EMPLOYER, _l("I do, for my organisation")), (OWN_NAME, _l("I do, in my own name"))]
        self.who.choices = choices([*given, (TEAM, _l("Someone of our team"))] if team else given)
        self.levels.choices = choices((level.value, group_label(level)) for level in Level)
        self.languages.choices = choices(LANGUAGES.items())
        self.delivery.choices = choices((way.value, DELIVERIES[way]) for way in OFFERED)
        self.notice_days.choices = choices((days, notice_label(days)) for days in notices)
        self.offer_limits(current.yearly_cap if current else None, current.open_cap if current else 0)
        self.months_off.choices = choices((month, month_name(month)) for month in range(1, 13))

    def given(self, topic_ids: Sequence[int], kept: dict[str, Any] | None = None) -> OfferInput:
        """What was filled in, as a plain value. `kept`: limits that other pages set."""
        return OfferInput(
            kind=Kind.GUEST_LECTURE,
            organisation_id=self.organisation.data,
            title=self.title.data,
            description=self.description.data,
            topic_ids=tuple(topic_ids),
            levels=tuple(self.levels.data),
            languages=tuple(self.languages.data),
            delivery=Delivery(self.delivery.data),
            team=self.who.data == TEAM,
            own_name=self.who.data == OWN_NAME,
            pc4=self.pc4.data or None,
            travel_km=self.travel_km.data if self.travel_km.data is not None else 25,
            notice_days=self.notice_days.data,
            yearly_cap=self.most_a_year,
            open_cap=self.open_cap.data,
            months_off=tuple(self.months_off.data or ()),
            details={
                "minutes": self.minutes.data,
                "group_most": self.group_most.data,
                "materials": self.materials.data or "",
                **self._employer(),
            },
        )

    def _employer(self) -> dict[str, Any]:
        """Only for who comes for an employer and says that it has to agree."""
        if not self.employer_consent.data or self.who.data != EMPLOYER:
            return {}
        name, email = self.employer_name.data or "", self.employer_email.data or ""
        return {"employer_consent": True, "employer_name": name, "employer_email": email}

    def show(self, offer: OfferInput, version: int) -> None:
        """The values of an existing offer."""
        self.organisation.data = offer.organisation_id
        self.who.data = TEAM if offer.team else OWN_NAME if offer.own_name else EMPLOYER
        for name in ("title", "description", "travel_km", "notice_days", "pc4"):
            self[name].data = getattr(offer, name)
        self.topics.data = list(offer.topic_ids)
        self.levels.data, self.languages.data = list(offer.levels), list(offer.languages)
        self.delivery.data = offer.delivery.value
        self.show_limits(offer.yearly_cap, offer.open_cap)
        self.months_off.data = list(offer.months_off)
        for name in ("minutes", "group_most", "materials", "employer_consent", "employer_name", "employer_email"):
            self[name].data = offer.details.get(name)
        self.version.data = str(version)


class OnBehalfForm(HeardFields, GuestLectureForm):
    """The same for somebody who told a coordinator about it."""

    person = SelectField(_l("Whose lesson is it?"), coerce=int)


class PauseForm(MatcherForm):
    """Until when nobody asks."""

    until = DateField(_l("Until which day?"), validators=[InputRequired(_l("Choose a day."))])


class LimitsForm(LimitFields, MatcherForm):
    """The limits of one lesson alone; several stand on one page, each with names of its own."""

    version = HiddenField()

    @classmethod
    def of(cls, offer: Offer, **filled: Any) -> "LimitsForm":
        form = cls(prefix=f"{offer.id}-", **filled)
        form.offer_limits(offer.yearly_cap, offer.open_cap)
        return form
