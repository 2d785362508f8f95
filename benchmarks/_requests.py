"""Synthetic requests from schools all over the country, the same ones beside any number of offers."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from benchmarks._offers import COMPANIES, LEVELS, NOW, by_fame, organisation
from matcher.availability.states import Delivery, Kind
from matcher.clock import AMSTERDAM
from matcher.db import Database
from matcher.organisations.models import Organisation
from matcher.organisations.states import OrganisationType, SchoolSector
from matcher.regions.models import Postcode
from matcher.requests.models import Request, RequestMoment, RequestTopic
from matcher.requests.states import RequestState
from matcher.subjects.models import Topic

FIRST_DAY = date(2026, 12, 7)
HOURS = (("08:30", "09:20"), ("10:15", "11:05"), ("10:15", "12:00"), ("14:10", "15:00"))
SCHOOLS = 60


def write_requests(database: Database, count: int, seed: int) -> list[int]:
    """Requests of all sorts from schools all over the country, the same ones beside any number of offers; their ids."""
    dice = Random(seed)
    with database.engine.begin() as connection:
        places = connection.execute(select(Postcode.lat, Postcode.lon, Postcode.region_id).order_by(Postcode.pc4)).all()
        known, fame = by_fame(np.array(connection.scalars(select(Topic.id).order_by(Topic.id)).all()))
        asked, moments, topics = [], [], []
        schools = [_school(COMPANIES + number + 1, dice.choice(places)) for number in range(SCHOOLS)]
        connection.execute(insert(Organisation), schools)
        for number in range(1, count + 1):
            school = dice.choice(schools)
            asked.append(_request(number, school, dice))
            moments += _moments(number, dice)
            wanted = set(dice.choices(known.tolist(), fame.tolist(), k=dice.choice([1, 1, 2])))
            topics += [{"request_id": number, "topic_id": topic} for topic in sorted(wanted)]
        connection.execute(insert(Request), asked)
        connection.execute(insert(RequestMoment), moments)
        connection.execute(insert(RequestTopic), topics)
    return [row["id"] for row in asked]


def _school(number: int, place: Any) -> dict[str, Any]:
    brin = f"{number % 100:02d}{chr(65 + number // 100 % 26)}A"
    fields = {"brin": brin, "location": "00", "school_sector": SchoolSector.VO, "lat": place.lat, "lon": place.lon}
    return organisation(number, OrganisationType.SCHOOL, region_id=place.region_id, **fields)


def _request(number: int, school: dict[str, Any], dice: Random) -> dict[str, Any]:
    return {
        "id": number,
        "kind": Kind.GUEST_LECTURE,
        "organisation_id": school["id"],
        "asked_by_id": 1,
        "state": RequestState.OPEN,
        "level": dice.choice(LEVELS).value,
        "language": dice.choice(["nl"] * 9 + ["en"]),
        "delivery": dice.choice([Delivery.ON_SITE] * 7 + [Delivery.EITHER] * 2 + [Delivery.ONLINE]),
        "max_km": dice.choice([None, None, 25, 60]),
        "region_id": school["region_id"],
        "created_at": NOW,
        "changed_at": NOW,
        "published_at": NOW,
    }


def _moments(number: int, dice: Random) -> list[dict[str, Any]]:
    days = dice.sample([FIRST_DAY + timedelta(weeks=week, days=day) for week in range(5) for day in range(5)], 6)
    rows = []
    for day in sorted(days[: dice.randint(1, 6)]):
        starts, ends = dice.choice(HOURS)
        rows.append(
            {
                "request_id": number,
                "day": day,
                "starts": starts,
                "ends": ends,
                "start_s": _epoch(day, starts),
                "end_s": _epoch(day, ends),
            }
        )
    return rows


def _epoch(day: date, clock: str) -> int:
    return int(datetime.combine(day, time.fromisoformat(clock), AMSTERDAM).timestamp())
