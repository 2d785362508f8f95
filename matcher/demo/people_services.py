"""The people of a generated world: teachers, guests, coordinators, and the six accounts that are told. Flushes."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from matcher.accounts.addresses import email_key
from matcher.accounts.models import Grant, User
from matcher.accounts.queries import actor_for
from matcher.accounts.states import Role
from matcher.demo import catalogue
from matcher.demo.catalogue import Lesson
from matcher.demo.place_services import self_employed_place
from matcher.demo.world import Guest, Teacher, World
from matcher.organisations.models import Organisation
from matcher.organisations.states import SchoolSector

DOMAIN = "demo.example"
TOLD = ("teacher", "lead", "professional", "contact", "coordinator", "admin")
"""The accounts of the demonstration, in the order of the walk through it; the names before the @."""
ROLE_OF = {
    "teacher": Role.TEACHER,
    "lead": Role.SCHOOL_LEAD,
    "professional": Role.PROFESSIONAL,
    "contact": Role.COMPANY_CONTACT,
    "coordinator": Role.COORDINATOR,
    "admin": Role.ADMINISTRATOR,
}
FUNCTIONS = {SchoolSector.PO: "Leerkracht", SchoolSector.SO: "Leerkracht"}


def address_of(account: str) -> str:
    return f"{account}@{DOMAIN}"


def make_staff(session: Session, world: World) -> None:
    """An administrator, and a coordinator for every region that has a school; in the home region a stand-in too."""
    admin = make_person(session, world, account="admin", function="Beheerder")
    grant_role(session, world, admin, Role.ADMINISTRATOR)
    _known(session, world, "admin", admin)
    regions = dict.fromkeys([world.home_region, *(row.region_id for row in world.schools)])
    for region_id in regions:
        account = "coordinator" if region_id == world.home_region else None
        person = make_person(session, world, account=account, function="Regiocoördinator")
        grant_role(session, world, person, Role.COORDINATOR, region_id=region_id)
        world.coordinators[region_id or 0] = actor_for(session, person.id)
    world.accounts["coordinator"] = world.coordinators[world.home_region]
    stand_in = make_person(session, world, function="Regiocoördinator")
    grant_role(session, world, stand_in, Role.COORDINATOR, region_id=world.home_region, stand_in=True)


def make_teachers(session: Session, world: World) -> None:
    """Schools in turn, the home of the told accounts first; every school that comes around twice has a leader."""
    schools = _home_first(world)
    for number in range(world.size.teachers):
        school = schools[number % len(schools)]
        account = {0: "teacher", len(schools): "lead"}.get(number)
        leads = len(schools) <= number < 2 * len(schools)
        sector = school.school_sector or SchoolSector.VO
        person = make_person(
            session,
            world,
            account=account,
            function="Schoolleider" if leads else FUNCTIONS.get(sector, "Docent"),
            locale="en" if world.sometimes(0.04) and account is None else "nl",
        )
        grant_role(session, world, person, Role.SCHOOL_LEAD if leads else Role.TEACHER, organisation=school)
        teacher = Teacher(actor_for(session, person.id), school)
        world.teachers.append(teacher)
        if account:
            world.accounts[account] = teacher.actor


def _home_first(world: World) -> list[Organisation]:
    home = [s for s in world.schools if s.region_id == world.home_region and {"havo", "vwo"} & set(s.levels)]
    first = min(home, key=lambda school: (school.place != "Leeuwarden", school.id))
    return [first, *(school for school in world.schools if school is not first)]


def make_guests(session: Session, world: World) -> None:
    """People of companies first, the told professional before all; then those who work for themselves."""
    in_companies = world.size.professionals - world.size.self_employed
    everything = catalogue.lessons()
    for number in range(in_companies):
        company, codes = world.companies[number % len(world.companies)]
        turn = number // len(world.companies)
        lessons = [everything[codes[turn % len(codes)]]]
        if world.sometimes(0.25) and len(codes) > 1:
            lessons.append(everything[codes[(turn + 1) % len(codes)]])
        _add_guest(session, world, company, lessons, "professional" if number == 0 else None)
    contact = make_person(session, world, account="contact", function="Communicatie")
    grant_role(session, world, contact, Role.COMPANY_CONTACT, organisation=world.companies[0][0])
    _known(session, world, "contact", contact)
    anything = list(everything)
    for number in range(world.size.self_employed):
        # The last of the list are taught by nobody else.
        code = anything[-1 - number] if number < 3 else world.chance.choice([*anything, "krant", "boek"])
        name, email = world.names.next()
        place = self_employed_place(session, world, name)
        session.add(place)
        session.flush()
        _add_guest(session, world, place, [everything[code]], None, named=(name, email))


def _add_guest(
    session: Session,
    world: World,
    place: Organisation,
    lessons: Sequence[Lesson],
    account: str | None,
    named: tuple[str, str] | None = None,
) -> None:
    job = world.chance.choice(lessons[0].jobs)
    person = make_person(session, world, account=account, function=job, named=named)
    grant_role(session, world, person, Role.PROFESSIONAL, organisation=place)
    guest = Guest(
        actor_for(session, person.id),
        place,
        tuple(lessons),
        yes=1.0 if account else world.chance.uniform(0.68, 0.97),
        answers=1.0 if account else world.chance.choice([0.99, 0.97, 0.93, 0.8]),
    )
    world.guests.append(guest)
    if account:
        world.accounts[account] = guest.actor


def make_person(
    session: Session,
    world: World,
    *,
    function: str,
    account: str | None = None,
    named: tuple[str, str] | None = None,
    locale: str = "nl",
) -> User:
    """Somebody with a confirmed address and the password of the demonstration; what they may do is granted apart."""
    name, email = named or world.names.next()
    email = address_of(account) if account else email
    user = User(
        email=email,
        email_key=email_key(email),
        email_confirmed_at=world.began,
        name=name,
        function=function,
        phone=f"06 00 00 {world.chance.randrange(100):02d} {world.chance.randrange(100):02d}",
        locale=locale,
        password_hash=world.password_hash,
        created_at=world.began,
    )
    session.add(user)
    session.flush()
    return user


def grant_role(
    session: Session,
    world: World,
    user: User,
    role: Role,
    *,
    organisation: Organisation | None = None,
    region_id: int | None = None,
    stand_in: bool = False,
) -> None:
    session.add(
        Grant(
            user_id=user.id,
            role=role,
            organisation_id=organisation.id if organisation else None,
            region_id=region_id,
            stand_in=stand_in,
            created_at=world.began,
            confirmed_at=world.began,
        )
    )
    session.flush()


def _known(session: Session, world: World, account: str, user: User) -> None:
    world.accounts[account] = actor_for(session, user.id)
