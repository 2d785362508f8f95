"""Regions, postcodes, people, organisations and grants."""

from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import Grant, User
from matcher.accounts.states import Role
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.states import OrganisationType, SchoolSector, SizeClass
from matcher.regions.geo import cell_of
from matcher.regions.models import HolidayRegion, Postcode, Region
from matcher.regions.states import PostcodeSource, RegionLevel
from tests.factories import NOW

PLACES = {
    "5211": ("'s-Hertogenbosch", "Noord-Brabant", 51.69, 5.30, HolidayRegion.ZUID),
    "5611": ("Eindhoven", "Noord-Brabant", 51.44, 5.48, HolidayRegion.ZUID),
    "4811": ("Breda", "Noord-Brabant", 51.59, 4.78, HolidayRegion.ZUID),
    "3511": ("Utrecht", "Utrecht", 52.09, 5.12, HolidayRegion.MIDDEN),
    "9711": ("Groningen", "Groningen", 53.22, 6.57, HolidayRegion.NOORD),
}
"""Postcodes the builders know; 5211 to 5611 is about 30 km, to 9711 about 190 km."""

_numbers = count(1)


def make_region(
    session: Session, code: str = "noord-brabant", *, name: str = "Midden- en Oost-Brabant", landsdeel: str = "zuidoost"
) -> Region:
    """The region with this code, with its landsdeel and country above it; made when it is not there yet."""
    country = _node(session, "nl", RegionLevel.COUNTRY, "Nederland", None)
    part = _node(session, landsdeel, RegionLevel.LANDSDEEL, landsdeel.capitalize(), country.id)
    return _node(session, code, RegionLevel.REGION, name, part.id)


def _node(session: Session, code: str, level: RegionLevel, name: str, parent_id: int | None) -> Region:
    region = session.scalar(select(Region).where(Region.scheme == "default", Region.code == code))
    if region is None:
        region = Region(
            parent_id=parent_id, level=level, scheme="default", code=code, name=name, valid_from=date(2020, 1, 1)
        )
        session.add(region)
        session.flush()
    return region


def make_postcode(session: Session, pc4: str = "5211", *, region: Region | None = None, **fields: Any) -> Postcode:
    """The row of this postcode, one of PLACES unless place, province, lat and lon are given."""
    postcode = session.get(Postcode, pc4)
    if postcode is None:
        place, province, lat, lon, holiday_region = PLACES.get(pc4, PLACES["5211"])
        values: dict[str, Any] = {
            "place": place,
            "province": province,
            "lat": lat,
            "lon": lon,
            "holiday_region": holiday_region,
            "region_id": (region or make_region(session)).id,
            "source": PostcodeSource.PACKAGE.value,
            **fields,
        }
        postcode = Postcode(pc4=pc4, cell=cell_of(values["lat"], values["lon"]), **values)
        session.add(postcode)
        session.flush()
    return postcode


def make_user(session: Session, **fields: Any) -> User:
    """A person with a confirmed address and no password or role."""
    number = next(_numbers)
    email = fields.pop("email", f"person{number}@example.org")
    values: dict[str, Any] = {
        "name": f"Person {number}",
        "email_key": email.casefold(),
        "email_confirmed_at": NOW,
        "locale": "nl",
        "created_at": NOW,
        **fields,
    }
    return _added(session, User(email=email, **values))


def make_grant(
    session: Session,
    user: User,
    role: Role | str,
    *,
    organisation: Organisation | None = None,
    region: Region | None = None,
    confirmed: bool = True,
    **fields: Any,
) -> Grant:
    grant = Grant(
        user_id=user.id,
        role=Role(role),
        organisation_id=organisation.id if organisation else None,
        region_id=region.id if region else None,
        created_at=NOW,
        confirmed_at=NOW if confirmed else None,
        **fields,
    )
    return _added(session, grant)


def make_board(session: Session, **fields: Any) -> Organisation:
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": f"Stichting {number}",
        "board_code": f"{number:05d}",
        "source": "test",
        "created_at": NOW,
        **fields,
    }
    values.setdefault("name_key", values["name"].casefold())
    return _added(session, Organisation(type=OrganisationType.BOARD, **values))


def make_school(
    session: Session,
    *,
    pc4: str = "5211",
    region: Region | None = None,
    board: Organisation | None = None,
    verified: bool = True,
    **fields: Any,
) -> Organisation:
    """A verified location of a secondary school with havo and vwo."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": f"School {number}",
        "brin": f"{number % 100:02d}{chr(65 + number // 100 % 26)}{chr(65 + number // 2600 % 26)}",
        "location": "00",
        "school_sector": SchoolSector.VO,
        "levels": ["havo", "vwo"],
        "parent_id": board.id if board else None,
        "pupils": 900,
        **_where(session, pc4, region, verified),
        **fields,
    }
    values.setdefault("name_key", values["name"].casefold())
    return _added(session, Organisation(type=OrganisationType.SCHOOL, **values))


def make_company(
    session: Session,
    *,
    pc4: str = "5611",
    region: Region | None = None,
    self_employed: bool = False,
    verified: bool = True,
    **fields: Any,
) -> Organisation:
    """A verified company, or somebody who works for themselves."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": f"Bedrijf {number}",
        "kvk": f"{70000000 + number}",
        "size": SizeClass.ONE if self_employed else SizeClass.MIDDLE,
        **_where(session, pc4, region, verified),
        **fields,
    }
    values.setdefault("name_key", values["name"].casefold())
    type_ = OrganisationType.SELF_EMPLOYED if self_employed else OrganisationType.COMPANY
    return _added(session, Organisation(type=type_, **values))


def make_teacher(session: Session, *, school: Organisation | None = None, **fields: Any) -> User:
    """A confirmed teacher of the school (a new one unless given)."""
    user = make_user(session, **fields)
    make_grant(session, user, Role.TEACHER, organisation=school or make_school(session))
    return user


def make_professional(session: Session, *, company: Organisation | None = None, **fields: Any) -> User:
    """A confirmed professional of the company (a new one unless given)."""
    user = make_user(session, **fields)
    make_grant(session, user, Role.PROFESSIONAL, organisation=company or make_company(session))
    return user


def make_coordinator(session: Session, *, region: Region | None = None, **fields: Any) -> User:
    """A coordinator of the region (the default one unless given)."""
    user = make_user(session, **fields)
    make_grant(session, user, Role.COORDINATOR, region=region or make_region(session))
    return user


def _where(session: Session, pc4: str, region: Region | None, verified: bool) -> dict[str, Any]:
    postcode = make_postcode(session, pc4, region=region)
    return {
        "pc4": pc4,
        "postcode": f"{pc4} AB",
        "place": postcode.place,
        "street": "Dorpsstraat 1",
        "lat": postcode.lat,
        "lon": postcode.lon,
        "position_source": PositionSource.POSTCODE,
        "region_id": region.id if region else postcode.region_id,
        "holiday_region": postcode.holiday_region,
        "source": "test",
        "created_at": NOW,
        "verified_at": NOW if verified else None,
    }


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
