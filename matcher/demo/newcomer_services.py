"""People and organisations of a generated world that were not checked yet and wait for the coordinator. Flushes."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.demo.asking_services import ask, fitting_lessons, make_class
from matcher.demo.people_services import make_person
from matcher.demo.place_services import postcode_in
from matcher.demo.world import Teacher, World, waking
from matcher.organisations.models import Organisation
from matcher.organisations.services import NewCompany, join_organisation, register_company, register_self_employed
from matcher.organisations.states import SizeClass

LAST_LETTER = 25
COMPANIES = [
    ("Windmolenpark De Stille Wiek", "energy_sector", "Bolsward", SizeClass.MIDDLE),
    ("Drukkerij De Scheve Letter", "media_sector", "Leeuwarden", SizeClass.SMALL),
]


def let_newcomers_in(session: Session, world: World) -> None:
    """Two companies and somebody who works alone; a teacher whose request is kept, and a new colleague of a guest."""
    for number, (name, sector, place, size) in enumerate(COMPANIES):
        _company(session, world, number, name, sector, place, size)
    alone = make_person(session, world, function="Zelfstandig vertaler")
    own = register_self_employed(
        session,
        actor=actor_for(session, alone.id),
        postcode=postcode_in(session, world, "Leeuwarden"),
        kvk=None,
        sector_id=world.topics["culture_sector"],
        now=_days_ago(world, 2),
    )
    own.generated = True
    _new_teacher(session, world)
    colleague = make_person(session, world, function="Monteur")
    join_organisation(
        session,
        actor=actor_for(session, colleague.id),
        organisation_id=world.companies[0][0].id,
        role=Role.PROFESSIONAL,
        now=_days_ago(world, 1),
    )
    session.flush()


def _company(session: Session, world: World, number: int, name: str, sector: str, place: str, size: SizeClass) -> None:
    person = make_person(session, world, function="Bedrijfsleider")
    row: Organisation = register_company(
        session,
        actor=actor_for(session, person.id),
        company=NewCompany(name, f"9909900{number}", postcode_in(session, world, place), world.topics[sector], size),
        roles=(Role.COMPANY_CONTACT, Role.PROFESSIONAL),
        now=_days_ago(world, 1 + number),
    )
    row.generated = True


def _new_teacher(session: Session, world: World) -> None:
    """Not confirmed yet, so that what they send is kept."""
    home = world.teachers[0]
    person = make_person(session, world, function="Docent")
    now = _days_ago(world, 1)
    actor = actor_for(session, person.id)
    join_organisation(session, actor=actor, organisation_id=home.school.id, role=Role.TEACHER, now=now)
    newcomer = Teacher(actor_for(session, person.id), home.school)
    # Who is not confirmed sees nobody else's classes, so makes one.
    own = make_class(session, world, newcomer, LAST_LETTER)
    ask(session, world, newcomer, own, world.chance.choice(fitting_lessons(own)), now=now)


def _days_ago(world: World, days: int) -> datetime:
    return min(waking(world.now - timedelta(days=days)), world.now - timedelta(minutes=40))
