"""The ground of a generated world: regions, topics, safeguarding rules, schools and companies. Flushes only."""

import gzip
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.demo import catalogue
from matcher.demo.world import World
from matcher.errors import ConfigurationError
from matcher.organisations.importer import import_schools
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.names import name_key
from matcher.organisations.register import read_register
from matcher.organisations.states import OrganisationType, SchoolSector, SizeClass
from matcher.qualifications.services import seed_routes
from matcher.regions.geo import distance_km
from matcher.regions.models import Postcode
from matcher.regions.queries import region_tree
from matcher.regions.services import seed_regions
from matcher.safeguarding.models import SafeguardingRule
from matcher.safeguarding.services import seed_rules
from matcher.safeguarding.states import ProofType
from matcher.subjects.levels import Level
from matcher.subjects.models import Topic
from matcher.subjects.services import seed_topics

SOURCE = "generated"
CENTRE = (53.20, 5.79)  # Leeuwarden
REGISTER = Path("schools_nl_2024") / "schools_nl_2024.csv.gz"
NEAR_KM = 35
WANTED_REAL = {SchoolSector.VO: 10, SchoolSector.PO: 9, SchoolSector.SO: 1}


def lay_ground(session: Session, world: World) -> None:
    """Regions, postcodes, topics, the rules on safety that hold for everybody, and the routes to teaching."""
    seed_regions(session, world.began)
    seed_topics(session)
    world.regions = {node.code: node.id for node in region_tree(session)}
    world.topics = dict(session.execute(select(Topic.code, Topic.id)).all())
    seed_rules(session)
    seed_routes(session, world.began)


def make_schools(session: Session, world: World, reference_data: Path | None) -> None:
    """Invented schools; or real ones near the town, when the register is there, with only the mbo invented."""
    boards = [_board(world, number, name) for number, name in enumerate(catalogue.boards(), start=1)]
    session.add_all(boards)
    session.flush()
    plans = catalogue.schools()[: world.size.schools]
    if reference_data is not None:
        world.schools = _real_schools(session, world, reference_data)
        plans = tuple(plan for plan in plans if plan.sector == "mbo")
    for number, plan in enumerate(plans, start=1):
        row = _at(session, world, OrganisationType.SCHOOL, plan.name, plan.place)
        row.brin, row.location = f"99Z{chr(64 + number)}", "00"
        row.school_sector, row.parent_id = SchoolSector(plan.sector), boards[plan.board].id
        row.levels = [level.value for level in plan.levels]
        row.pupils = world.chance.randrange(180, 1600, 10)
        world.schools.append(row)
    session.add_all(world.schools)
    session.flush()
    # One board asks for a certificate of conduct of every guest in primary school, as some do.
    last = boards[-1]
    session.add(
        SafeguardingRule(
            kind="guest_lecture", level=Level.PO_BOVEN.value, board_id=last.id, proof=ProofType.VOG, max_age_weeks=156
        )
    )
    session.flush()


def make_companies(session: Session, world: World) -> None:
    for number, plan in enumerate(catalogue.companies()[: world.size.companies], start=1):
        row = _at(session, world, OrganisationType.COMPANY, plan.name, plan.place)
        row.kvk, row.size = f"990{number:05d}", SizeClass(plan.size)
        row.sector_id = world.topics[plan.sector]
        world.companies.append((row, plan.lessons))
    session.add_all(row for row, _lessons in world.companies)
    session.flush()


def self_employed_place(session: Session, world: World, name: str) -> Organisation:
    """An organisation of one, in one of the towns."""
    row = _at(session, world, OrganisationType.SELF_EMPLOYED, name, world.chance.choice(catalogue.towns()))
    row.size = SizeClass.ONE
    return row


def _board(world: World, number: int, name: str) -> Organisation:
    return Organisation(
        type=OrganisationType.BOARD,
        board_code=f"9900{number}",
        name=name,
        name_key=name_key(name),
        levels=[],
        source=SOURCE,
        generated=True,
        created_at=world.began,
        verified_at=world.began,
    )


def _at(session: Session, world: World, type_: OrganisationType, name: str, place: str) -> Organisation:
    where = world.chance.choice(_postcodes(session, place))
    return Organisation(
        type=type_,
        name=name,
        name_key=name_key(name),
        postcode=where.pc4,
        pc4=where.pc4,
        place=where.place,
        lat=where.lat,
        lon=where.lon,
        position_source=PositionSource.POSTCODE,
        region_id=where.region_id,
        holiday_region=where.holiday_region,
        levels=[],
        source=SOURCE,
        generated=True,
        created_at=world.began,
        verified_at=world.began,
    )


def postcode_in(session: Session, world: World, place: str) -> str:
    """The four digits of some postcode of a town."""
    return world.chance.choice(_postcodes(session, place)).pc4


def _postcodes(session: Session, place: str) -> list[Postcode]:
    return list(session.scalars(select(Postcode).where(Postcode.place == place).order_by(Postcode.pc4)))


def _real_schools(session: Session, world: World, folder: Path) -> list[Organisation]:
    """The register imported whole; the people of the world work at some schools near the town."""
    file = folder / REGISTER
    if not file.is_file():
        raise ConfigurationError(f"MATCHER_REFERENCE_DATA names {folder}, but {REGISTER} is not in it.")
    report = import_schools(session, read_register(gzip.decompress(file.read_bytes())), now=world.began)
    if report.refused:
        raise ConfigurationError(f"The register of schools was refused: {report.refused[0]}")
    query = select(Organisation).where(Organisation.type == OrganisationType.SCHOOL, Organisation.ended_at.is_(None))
    by_distance = sorted(
        session.scalars(query.order_by(Organisation.id)),
        key=lambda school: distance_km(*CENTRE, school.lat or 0.0, school.lon or 0.0),
    )
    found: list[Organisation] = []
    for sector, wanted in WANTED_REAL.items():
        # Every other one, so that the town does not swallow the villages.
        found += [s for s in by_distance if s.school_sector is sector and s.levels][: 2 * wanted : 2]
    far = [s for s in by_distance if s.school_sector is SchoolSector.VO and s.region_id != world.home_region]
    return found + far[:: max(1, len(far) // 4)][:4]
