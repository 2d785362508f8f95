"""Typed searches in Dutch and English find what a person expects first, the same on both databases."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.availability.states import Delivery, Kind
from matcher.offers.finding_queries import Chosen, searched, selection
from matcher.offers.models import Offer
from matcher.offers.search_services import refresh_all, refresh_search_key
from matcher.offers.states import OfferState
from matcher.subjects.models import Topic
from tests.factories import NOW
from tests.factories.matching import make_offer
from tests.factories.people import make_company, make_professional, make_region

DATA = Path(__file__).parent / "data"
ODD = ["", "   ", "\x00", "'", '"', "%", "\\", "(" * 200, "warmtepomp " * 500, "a" * 5000, "٣٤ 漢字 😀", "4", "--"]


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", quoting=csv.QUOTE_NONE))


@pytest.fixture
def town(seeded: Session) -> dict[int, str]:
    """The offers of the data file; id → key."""
    topics = {topic.code: topic for topic in seeded.scalars(select(Topic))}
    region = make_region(seeded, "elders", name="Elders")
    found = {}
    for row in rows("search_offers.csv"):
        company = make_company(seeded, pc4=row["pc4"], region=region, name=row["company"])
        person = make_professional(seeded, company=company, function=row["function"]) if row["function"] else None
        offer = make_offer(
            seeded,
            person=person,
            company=company,
            kind=Kind(row["kind"]),
            title=row["title"],
            description=row["description"],
            topics=[topics[code] for code in row["topics"].split()],
            levels=row["levels"].split(),
            delivery=Delivery(row["delivery"]),
        )
        found[offer.id] = row["key"]
    refresh_all(seeded, now=NOW)
    return found


def found_for(session: Session, town: dict[int, str], text: str, *, names: bool = True) -> list[str]:
    search = searched(session, text, "nl", names=names)
    return [town[offer.id] for offer in session.scalars(selection(session, Chosen(search=search)))]


def test_every_query_finds_first_what_is_expected(seeded: Session, town: dict[int, str]) -> None:
    queries = rows("search_queries.csv")
    assert len(queries) >= 60
    wrong = []
    for row in queries:
        found = found_for(seeded, town, row["query"])
        expected = {"-": [], "*": found}.get(row["first"], row["first"].split(","))
        if set(found[: len(expected)]) != set(expected) or bool(found) != bool(expected):
            wrong.append(f"{row['query']}: {found[:4]} and not {expected} ({row['why']})")
    assert not wrong, "\n".join(wrong)


def test_slips_are_said_names_are_kept_and_nothing_is_too_odd(seeded: Session, town: dict[int, str]) -> None:
    search = searched(seeded, "warmtepmop flapdrolhuh", "nl", names=True)
    assert search.meant == [("warmtepmop", "warmtepomp")]
    assert search.unknown == ["flapdrolhuh"]
    assert found_for(seeded, town, "Spaarbank Midden")[0] == "bank"
    assert found_for(seeded, town, "Noordwind") == ["windmolen"]
    assert "windmolen" not in found_for(seeded, town, "Noordwind", names=False)
    for text in ODD:
        assert set(found_for(seeded, town, text)) <= set(town.values()), text


def test_offer_that_is_withdrawn_or_changed_is_found_by_what_it_says_now(seeded: Session, town: dict[int, str]) -> None:
    number = next(number for number, key in town.items() if key == "kapper")
    offer = seeded.get_one(Offer, number)
    offer.title = "Baarden scheren"
    refresh_search_key(seeded, number, now=NOW)
    assert found_for(seeded, town, "baard") == ["kapper"]
    assert found_for(seeded, town, "luisteren")[:1] != ["kapper"]
    offer.state = OfferState.WITHDRAWN
    refresh_search_key(seeded, number, now=NOW)
    assert found_for(seeded, town, "baard") == []
