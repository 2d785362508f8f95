"""What teachers ask besides lectures: an internship at a company, and a colleague from practice some half-days a week.

Rows as sending them leaves them, for the hands of `history`. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from matcher.availability.halfdays import (
    FULL_WEEK,
    WEEK,
    fits,
    half_days_of,
    mask_of_half_days,
    term_visits,
    window_half_days,
)
from matcher.availability.moments import Moment
from matcher.availability.states import Delivery, Kind
from matcher.clock import local_date
from matcher.demo.bulk.asking import Desk, request_row
from matcher.demo.bulk.ground import Asker, School
from matcher.demo.bulk.lives import Asked, Row
from matcher.demo.catalogue import Lesson
from matcher.requests.internships import InternshipWish, asked_of
from matcher.requests.models import Request, RequestMoment
from matcher.subjects.teaching import Contract, Licence

GOALS = [
    "Weten hoe het vak nu in het bedrijf wordt gedaan, en er drie lessen van maken.",
    "Zien welke beroepen er zijn voor onze leerlingen, en wat ze daarvoor moeten kunnen.",
    "Meelopen met mensen die doen wat wij in de les uitleggen.",
]
PRODUCTS = ["Een lessenserie", "Een opdracht van het bedrijf voor de klas", "Een verhaal voor mijn collega's"]
VACANCIES = [
    "We zoeken iemand uit de praktijk die een vaste dag in de week meedraait. Je krijgt een collega die je begeleidt.",
    "Onze leerlingen willen weten hoe het er echt aan toegaat. Kom jij dat een halfjaar lang vertellen en voordoen?",
]


@dataclass
class OtherKinds:
    """Writes the request, or gives None when the calendar leaves too little."""

    desk: Desk
    dice: Random

    def internship(self, asker: Asker, lesson: Lesson, now: datetime) -> Asked | None:
        wish = self._wish(asker.school, lesson, now)
        if wish.first is None or wish.last is None:
            return None
        closed = () if wish.holidays else asker.school.timetable.calendar.holidays
        found = window_half_days(wish.first, wish.last, wish.half_day_mask, set(closed))
        if not fits([(each.start_s, each.end_s) for each in found], asked_of(wish.hours, wish.details)):
            return None
        row = request_row(self.desk.numbers(Request), Kind.TEACHER_INTERNSHIP, asker, now) | {
            "teacher_id": asker.user_id,
            "title": f"Docentstage: {wish.topic_text[:1].lower()}{wish.topic_text[1:]}",
            "delivery": Delivery.AT_COMPANY,
            "hours": float(wish.hours),
            "half_day_mask": wish.half_day_mask,
            "window_from": wish.first,
            "window_to": wish.last,
            "max_km": wish.max_km,
            "own_words": wish.own_words,
            "costs": wish.costs,
            "details": wish.details,
        }
        moments = [self._moment(row["id"], [each]) for each in found]
        return self.desk.written(row, asker, moments, wish.topic_ids)

    def _wish(self, school: School, lesson: Lesson, now: datetime) -> InternshipWish:
        dice = self.dice
        unit = dice.choice(["days", "days", "half_days"])
        first = self._monday(school, now, dice.randrange(4, 10))
        away = dice.choice([(), (), (0,), (2,), (4,), (1, 3)])
        return InternshipWish(
            topic_text=lesson.subject,
            topic_ids=self._topic_ids(lesson),
            learning_goal=dice.choice(GOALS),
            product=dice.choice(PRODUCTS),
            own_words=dice.choice(GOALS),
            first=first,
            last=first + timedelta(weeks=dice.choice([2, 3, 3, 4]), days=-3),
            half_day_mask=mask_of_half_days(each for each in WEEK if each.weekday not in away),
            unit=unit,
            amount=dice.choice([3, 3, 4, 5]) if unit == "days" else dice.choice([6, 8, 10]),
            order=dice.choice(["either", "either", "consecutive", "spread"]),
            holidays=dice.random() < 0.15,
            leave_given=True,
            replacement="Collega's nemen de lessen over.",
            max_km=dice.choice([25, 40, 40, 60, 80]),
            costs=dice.choice(["", "Reiskosten"]),
        )

    def vacancy(self, asker: Asker, lesson: Lesson, now: datetime) -> Asked | None:
        dice, school = self.dice, asker.school
        first = self._monday(school, now, dice.randrange(9, 22))
        last = first + timedelta(weeks=dice.choice([12, 18, 20]), days=-3)
        closed = set(school.timetable.calendar.holidays)
        mask = mask_of_half_days(dice.sample(WEEK, dice.choice([2, 3, 4]))) & FULL_WEEK
        weekly = [found for each in half_days_of(mask) if (found := term_visits(first, last, each, closed))]
        wanted = min(len(weekly), dice.choice([1, 1, 2]))
        if not weekly:
            return None
        group = dice.choice(asker.groups)
        row = request_row(self.desk.numbers(Request), Kind.HYBRID_PLACEMENT, asker, now) | {
            "title": f"Hybride docent: {lesson.subject[:1].lower()}{lesson.subject[1:]}",
            "level": group.level.value,
            "half_day_mask": mask,
            "days": float(wanted),
            "window_from": first,
            "window_to": last,
            "own_words": dice.choice(VACANCIES),
            "hours": 4.0 * wanted,
            "details": {
                "topic_text": lesson.subject,
                "licence": dice.choice([Licence.NONE, Licence.NONE, Licence.SECOND_DEGREE]).value,
                "contracts": dice.choice([[], [Contract.EMPLOYMENT.value], [Contract.SECONDMENT.value]]),
            },
        }
        moments = [self._moment(row["id"], found) for found in sorted(weekly, key=lambda found: found[0].start_s)]
        return self.desk.written(row, asker, moments, self._topic_ids(lesson))

    def _topic_ids(self, lesson: Lesson) -> tuple[int, ...]:
        return tuple(self.desk.topic_numbers[code] for code in lesson.topics[: self.dice.choice([1, 2])])

    def _monday(self, school: School, now: datetime, weeks: int) -> date:
        """The first Monday after so many weeks that is no holiday."""
        day = local_date(now) + timedelta(weeks=weeks)
        day -= timedelta(days=day.weekday())
        while day in school.timetable.calendar.holidays:
            day += timedelta(weeks=1)
        return day

    def _moment(self, request_id: int, visits: Sequence[Moment]) -> Row:
        first, last = visits[0], visits[-1]
        return {
            "id": self.desk.numbers(RequestMoment),
            "request_id": request_id,
            "day": first.date,
            "starts": f"{first.start:%H:%M}",
            "ends": f"{first.end:%H:%M}",
            "start_s": first.start_s,
            "end_s": last.end_s,
            "periods": [],
            "parts": [[each.start_s, each.end_s] for each in visits] if len(visits) > 1 else [],
        }
