"""Companies, guests and what they offer in a large generated world: rows, and the views judging needs. Flushes only."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from matcher.accounts.states import Role
from matcher.availability.masks import WeekMask, without
from matcher.availability.models import AvailabilityException, WeeklyPattern
from matcher.availability.moments import day_range
from matcher.availability.patterns import Availability, DatedException, default_availability
from matcher.availability.states import Delivery, ExceptionKind, Kind, OwnerType
from matcher.clock import local_date
from matcher.demo import catalogue
from matcher.demo.bulk.ground import Given, Past
from matcher.demo.bulk.naming import ManyNames, PlaceNames
from matcher.demo.bulk.schools_services import Staffing, organisation_row
from matcher.demo.bulk.writing_services import Row, Writer
from matcher.demo.catalogue import Lesson
from matcher.demo.hidden_rule import temper_of
from matcher.demo.offering_services import DELIVERIES, NOTICE_DAYS, TRAVEL_KM, some_week
from matcher.matching.offer_row_queries import SIZE_NUMBERS
from matcher.matching.said import said_by_offer
from matcher.matching.views import OfferView
from matcher.offers.models import Offer, OfferRevision, OfferTopic
from matcher.offers.states import OfferState
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType, SizeClass
from matcher.regions.models import Postcode
from matcher.subjects.levels import Level, mask_of
from matcher.subjects.teaching import INFORMED, OWN_TIME, SECONDED, Licence

ALONE = 0.28
"""The share of guests who work for themselves."""
PEOPLE_OF = {SizeClass.SMALL: 2, SizeClass.MIDDLE: 4, SizeClass.LARGE: 8, SizeClass.VERY_LARGE: 15}
SIZES = [SizeClass.SMALL] * 3 + [SizeClass.MIDDLE] * 4 + [SizeClass.LARGE] * 3 + [SizeClass.VERY_LARGE]
LEAVE = 0.1
SECOND_LESSON = 0.25
HYBRID_SHARE = 0.06
PLACE_SHARE = 0.5
WITH_PLACES = {SizeClass.MIDDLE, SizeClass.LARGE, SizeClass.VERY_LARGE}
DEPARTMENTS = ["Werkplaats", "Kantoor", "Laboratorium", "Binnendienst", "Buitendienst"]


class Company(NamedTuple):
    id: int
    size: SizeClass
    where: Postcode
    lessons: tuple[Lesson, ...]


class Supply:
    """Makes everything on the side of the companies, in a fixed order."""

    def __init__(
        self,
        writer: Writer,
        dice: Random,
        names: ManyNames,
        staffing: Staffing,
        *,
        topics: dict[str, int],
        began: datetime,
        now: datetime,
        seed: int,
    ) -> None:
        self._writer, self._dice, self._names, self._staffing = writer, dice, names, staffing
        self._topics, self._began, self._now, self._seed = topics, began, now, seed
        self._place_names = PlaceNames(dice)
        self._kvks = 0
        self.companies: list[Company] = []
        self.offers: list[Given] = []

    def make(self, wanted: int, places: Sequence[Postcode]) -> list[Given]:
        """So many guests, each with a lesson or two."""
        left = wanted
        while left > 0:
            if self._dice.random() < ALONE:
                self._alone(self._dice.choice(places))
                left -= 1
                continue
            company = self._company(self._dice.choice(places))
            people = min(left, max(1, round(self._dice.gauss(PEOPLE_OF[company.size], 1.5))))
            for turn in range(people):
                self._guest(company, turn)
            if company.size in WITH_PLACES and self._dice.random() < PLACE_SHARE:
                self._place(company)
            left -= people
        return self.offers

    def _company(self, where: Postcode) -> Company:
        plan = self._dice.choice(catalogue.companies())
        size = self._dice.choice(SIZES)
        row = organisation_row(OrganisationType.COMPANY, self._place_names.company(plan.sector), where, self._began)
        self._kvks += 1
        row |= {
            "id": self._writer.next_id(Organisation),
            "kvk": f"98{self._kvks:06d}",
            "size": size,
            "sector_id": self._topics[plan.sector],
        }
        self._writer.add(Organisation, row)
        known = catalogue.lessons()
        company = Company(row["id"], size, where, tuple(known[code] for code in plan.lessons))
        self.companies.append(company)
        return company

    def _alone(self, where: Postcode) -> None:
        name, email = self._names.person()
        row = organisation_row(OrganisationType.SELF_EMPLOYED, name, where, self._began)
        row |= {"id": self._writer.next_id(Organisation), "size": SizeClass.ONE}
        self._writer.add(Organisation, row)
        lesson = self._dice.choice(list(catalogue.lessons().values()))
        self._guest(Company(row["id"], SizeClass.ONE, where, (lesson,)), 0, (name, email))

    def _guest(self, company: Company, turn: int, named: tuple[str, str] | None = None) -> None:
        dice = self._dice
        lessons = [company.lessons[turn % len(company.lessons)]]
        if len(company.lessons) > 1 and dice.random() < SECOND_LESSON:
            lessons.append(company.lessons[(turn + 1) % len(company.lessons)])
        job = dice.choice(lessons[0].jobs)
        person_id = self._staffing.add(Role.PROFESSIONAL, job, organisation_id=company.id, named=named)
        past = Past(person_id, temper_of(self._seed, person_id))
        week = self.give_week(OwnerType.PERSON, person_id)
        for lesson in lessons:
            self.offers.append(self._lecture(company, past, week, lesson))
        if dice.random() < HYBRID_SHARE:
            self.offers.append(self._hybrid(company, past, week, lessons[0]))

    def _place(self, company: Company) -> None:
        """Internships for teachers, for which the company's contact answers."""
        dice = self._dice
        contact = self._staffing.add(Role.COMPANY_CONTACT, "Personeelszaken", organisation_id=company.id)
        offer_id = self._writer.next_id(Offer)
        past = Past(None, temper_of(self._seed, -offer_id))
        topics = sorted({code for lesson in company.lessons for code in lesson.topics[:2]})
        values = self._common(Kind.TEACHER_INTERNSHIP, None, company.lessons[0]) | {
            "id": offer_id,
            "title": f"Meelopen: {company.lessons[0].subject[:1].lower()}{company.lessons[0].subject[1:]}",
            "description": "Je loopt mee met vakmensen, stelt vragen en doet mee waar dat kan.",
            "delivery": Delivery.AT_COMPANY,
            "travel_km": 25,
            "yearly_cap": dice.choice([None, 4, 8]),
            "open_cap": dice.choice([2, 3]),
            "places": dice.choice([1, 1, 2, 3]),
            "details": {"department": dice.choice(DEPARTMENTS), "supervisor": dice.choice(company.lessons[0].jobs)},
        }
        week = self.give_week(OwnerType.OFFER, offer_id) if dice.random() < 0.3 else default_availability()
        levels = [level for level in Level if any(level in lesson.levels for lesson in company.lessons)]
        topic_ids = [self._topics[code] for code in topics]
        self.offers.append(self.offer(company, past, week, values, levels, topic_ids, answers_id=contact))

    def _hybrid(self, company: Company, past: Past, week: Availability, lesson: Lesson) -> Given:
        """The same person, for some half-days of every week."""
        dice = self._dice
        values = self._common(Kind.HYBRID_PLACEMENT, past.person_id, lesson) | {
            "title": f"Een vaste dag voor de klas: {lesson.subject[:1].lower()}{lesson.subject[1:]}",
            "description": "Ik werk in de praktijk en sta graag een of twee dagdelen in de week voor de klas.",
            "delivery": Delivery.ON_SITE,
            "travel_km": dice.choice([15, 25, 25, 35, 50]),
            "yearly_cap": None,
            "open_cap": 2,
            "places": 1,
            "details": {
                "licence": dice.choice([*Licence]).value,
                "hours": dice.choice([4.0, 8.0, 8.0, 12.0]),
                "employer_view": dice.choice([OWN_TIME, INFORMED, SECONDED]),
            },
        }
        secondary = [level for level in lesson.levels if not level.value.startswith("po")] or list(lesson.levels)
        return self.offer(company, past, week, values, secondary, [self._topics[code] for code in lesson.topics])

    def _common(self, kind: Kind, person_id: int | None, lesson: Lesson) -> dict[str, Any]:
        dice = self._dice
        return {
            "kind": kind,
            "person_id": person_id,
            "title": dice.choice(lesson.titles),
            "description": lesson.does,
            "languages": ["nl"],
            "notice_days": dice.choice(NOTICE_DAYS),
            "months_off": dice.choice([[]] * 6 + [[7, 8], [12], [1], [6]]),
        }

    def give_week(self, owner_type: OwnerType, owner_id: int) -> Availability:
        """What is stored of somebody's time, as judging will read it."""
        known = default_availability()
        drawn = some_week(self._dice)
        if drawn is not None:
            usual: WeekMask = without(*drawn)
            known = Availability(usual=usual, never=drawn[1])
            self._writer.add(
                WeeklyPattern,
                {
                    "id": self._writer.next_id(WeeklyPattern),
                    "owner_type": owner_type,
                    "owner_id": owner_id,
                    "valid_from": local_date(self._began),
                    "usually": list(usual),
                    "never": list(drawn[1]),
                    "changed_at": self._began,
                },
            )
        if self._dice.random() < LEAVE:
            return Availability(known.usual, known.never, (self._leave(owner_type, owner_id),))
        return known

    def _leave(self, owner_type: OwnerType, owner_id: int) -> DatedException:
        first: date = local_date(self._now) + timedelta(days=self._dice.randrange(7, 80))
        start_s, end_s = day_range(first, first + timedelta(days=self._dice.choice([0, 4, 9])))
        self._writer.add(
            AvailabilityException,
            {
                "id": self._writer.next_id(AvailabilityException),
                "owner_type": owner_type,
                "owner_id": owner_id,
                "start_s": start_s,
                "end_s": end_s,
                "kind": ExceptionKind.BUSY,
                "source": "own",
                "note": "Vrij",
            },
        )
        return DatedException(start_s, end_s, False)

    def _lecture(self, company: Company, past: Past, week: Availability, lesson: Lesson) -> Given:
        dice = self._dice
        levels = [level for level in lesson.levels if dice.random() > 0.15] or list(lesson.levels)
        delivery = Delivery.ON_SITE if lesson.minutes > 60 else dice.choice(DELIVERIES)
        values = self._common(Kind.GUEST_LECTURE, past.person_id, lesson) | {
            "delivery": delivery,
            "languages": dice.choice([["nl"]] * 5 + [["nl", "en"]] * 2 + [["en"]]),
            "travel_km": 0 if delivery is Delivery.ONLINE else dice.choice(TRAVEL_KM),
            "yearly_cap": dice.choice([2, 4, 6, 6, 8, None]),
            "open_cap": dice.choice([1, 1, 1, 2]),
            "places": 1,
            "details": {
                "minutes": lesson.minutes,
                "materials": lesson.materials,
                "group_most": dice.choice([None, 30, 32, 60, 16 if lesson.minutes > 60 else None]),
            },
        }
        return self.offer(company, past, week, values, levels, [self._topics[code] for code in lesson.topics])

    def offer(
        self,
        company: Company,
        past: Past,
        week: Availability,
        values: dict[str, Any],
        levels: Sequence[Level],
        topic_ids: Sequence[int],
        answers_id: int | None = None,
    ) -> Given:
        """The rows of an open offer, and its view."""
        offer_id = int(values.get("id") or self._writer.next_id(Offer))
        row: Row = {
            **values,
            "id": offer_id,
            "organisation_id": company.id,
            "own_name": False,
            "state": OfferState.OPEN,
            "levels": [level.value for level in levels],
            "level_mask": mask_of(levels),
            "pc4": company.where.pc4,
            "lat": company.where.lat,
            "lon": company.where.lon,
            "revision": 1,
            "generated": True,
            "created_at": self._began,
            "changed_at": self._began,
        }
        self._writer.add(Offer, row)
        topics = sorted(set(topic_ids))
        self._writer.add_all(OfferTopic, [{"offer_id": offer_id, "topic_id": topic} for topic in topics])
        said = {"offer_id": offer_id, "revision": 1, "at": self._began, "by_id": row["person_id"]}
        self._writer.add(OfferRevision, said | {"snapshot": _snapshot(row, topics)})
        return Given(_view(row, company, week, topics), past, answers_id or row["person_id"])


_SAID = (
    "person_id", "own_name", "title", "description", "languages", "levels", "pc4", "lat", "lon", "travel_km",
    "notice_days", "yearly_cap", "open_cap", "months_off", "places", "details",
)  # fmt: skip


def _snapshot(row: Row, topics: list[int]) -> dict[str, Any]:
    """What the verb of offers keeps of an offer."""
    kept = {name: row[name] for name in _SAID}
    return kept | {"kind": row["kind"].value, "delivery": row["delivery"].value, "topics": topics}


def _view(row: Row, company: Company, week: Availability, topics: list[int]) -> OfferView:
    """The view of somebody checked and confirmed, to whom nothing has happened yet."""
    most = row["details"].get("group_most")
    return OfferView(
        id=row["id"],
        revision=1,
        kind=row["kind"],
        organisation_id=company.id,
        person_id=row["person_id"],
        is_open=True,
        organisation_ok=True,
        person_ok=True,
        released=True,
        delivery=row["delivery"],
        languages=tuple(row["languages"]),
        level_mask=row["level_mask"],
        lat=row["lat"],
        lon=row["lon"],
        travel_km=row["travel_km"],
        notice_days=row["notice_days"],
        yearly_cap=row["yearly_cap"],
        open_cap=row["open_cap"],
        paused_until=None,
        topics=frozenset(topics),
        availability=Availability(week.usual, week.never, week.exceptions, months_off=frozenset(row["months_off"])),
        group_most=int(most) if most else None,
        company_size=SIZE_NUMBERS.get(company.size, 0),
        places=row["places"],
        **said_by_offer(row["kind"], row["title"], row["details"]),
    )
