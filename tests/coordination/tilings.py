"""A country of two regions with municipalities, people, requests and matches, to be divided anew."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.clock import local_date
from matcher.coordination.tiling_moves import as_table, read_moves
from matcher.coordination.tiling_services import Plan, apply_tiling, hold_still, plan_tiling
from matcher.organisations.spreadsheets import read_sheets
from matcher.regions.models import Region
from tests.factories import NOW
from tests.factories.people import make_coordinator, make_postcode, make_region
from tests.matching.lives import Life, make_life

FILE = (
    "Gemeente;CBS-code;Arbeidsmarktregio\n'S-Hertogenbosch;0796;Meierij\nEindhoven;GM0772;Zuidoost\nBREDA;758;Zuidoost"
)
"""Midden- en Oost-Brabant in two, and West-Brabant with one half of it."""


@dataclass
class Country:
    session: Session
    east: Region
    west: Region
    life: Life
    west_coordinator: User

    def plan(self, content: bytes | str = FILE, **said: Any) -> Plan:
        sheet = read_sheets(content if isinstance(content, bytes) else content.encode())[0]
        hold_still(self.session)
        options: dict[str, Any] = {"said": {}, "scheme": None, "today": local_date(NOW), **said}
        return plan_tiling(self.session, sheet, **options)[1]

    def apply(self, plan: Plan) -> dict[str, int]:
        return apply_tiling(self.session, plan, now=NOW)

    def table(self, plan: Plan) -> str:
        return as_table(plan.moves, plan.old, plan.tiling.names).decode("utf-8-sig")

    def reviewed(self, plan: Plan, table: str) -> Any:
        return read_moves(table.encode(), old=plan.old, above=plan.above, names=plan.tiling.names)


def make_country(session: Session) -> Country:
    east = make_region(session)
    west = make_region(session, "west-brabant", name="West-Brabant", landsdeel="zuidwest")
    for pc4, place, code, region in (
        ("5211", "'s-Hertogenbosch", "0796", east),
        ("5611", "Eindhoven", "0772", east),
        ("4811", "Breda", "0758", west),
    ):
        make_postcode(session, pc4, region=region, municipality=place, municipality_code=code)
    # A number nobody knows the municipality of, beside Breda.
    make_postcode(session, "4899", region=west, place="Nieuw", lat=51.58, lon=4.79)
    return Country(session, east, west, make_life(session), make_coordinator(session, region=west))
