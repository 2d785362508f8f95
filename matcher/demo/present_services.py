"""What the six told accounts find when they sign in, and everything that waits for somebody now. Flushes only."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matcher.demo import catalogue
from matcher.demo.asking_services import ask, fitting_lessons, write_request
from matcher.demo.catalogue import Lesson
from matcher.demo.world import Guest, Teacher, World
from matcher.errors import MatcherError
from matcher.matching.models import Match, MatchMoment
from matcher.matching.request_services import invite
from matcher.matching.services import accept_match, suggest_moment
from matcher.matching.suggestion_services import store_run, suggest
from matcher.offers.models import Offer
from matcher.requests.models import SchoolClass
from matcher.subjects.levels import Level

HARD_TO_FIND = [
    ("aviation", "Vliegen en luchthavens", "Wie werkt er rond vliegtuigen en vertelt daarover in onze klas?"),
    ("death_grief", "Afscheid nemen", "Voor levensbeschouwing: iemand die met ons praat over werken rond afscheid."),
    ("space", "Ruimtevaart", "We sluiten het thema heelal af. Wie werkt er aan satellieten?"),
]


def arrange_present(session: Session, world: World) -> None:
    """First the walk through the demonstration, then what keeps a region busy."""
    _for_the_teacher(session, world)
    _for_the_professional(session, world)
    _for_the_coordinator(session, world)
    _ask_openly(session, world)


def _for_the_teacher(session: Session, world: World) -> None:
    """A request with people to tick, a draft, and a guest who would rather come at another moment."""
    teacher, lessons = world.teachers[0], catalogue.lessons()
    ask(session, world, teacher, teacher.classes[0], lessons["warmtepomp"], now=world.ago(20))
    write_request(session, world, teacher, teacher.classes[1], lessons["ai"], now=world.ago(3))
    for match in _invited(session, world, teacher, teacher.classes[1], lessons["wachtwoord"], world.ago(50), most=1):
        _suggest_other(session, world, match, world.ago(26))


def _for_the_professional(session: Session, world: World) -> None:
    """Invitations of two other schools."""
    guest, done = world.guests[0], 0
    for teacher, school_class in _fitting(world, guest.lessons[0]):
        offer_id = session.scalar(select(Offer.id).where(Offer.person_id == guest.actor.user_id).order_by(Offer.id))
        hours = 30 + 11 * done
        done += len(
            _invited(session, world, teacher, school_class, guest.lessons[0], world.ago(hours), most=1, only=offer_id)
        )
        if done == 2:
            return


def _for_the_coordinator(session: Session, world: World) -> None:
    """Agreed visits to decide about, invitations on their way, and requests for which nobody is near."""
    home = [teacher for teacher in world.teachers[1:] if teacher.school.region_id == world.home_region]
    agreed = waiting = 0
    for number, teacher in enumerate(home * 3):
        school_class = teacher.classes[number % len(teacher.classes)]
        lesson = world.chance.choice(fitting_lessons(school_class))
        wanted = agreed < world.size.to_approve
        if not wanted and waiting >= world.size.invited:
            break
        matches = _invited(session, world, teacher, school_class, lesson, world.ago(60), most=1 if wanted else 3)
        if wanted and matches:
            agreed += _agree(session, world, matches[0], world.ago(22))
        else:
            waiting += bool(matches)
    for teacher, (topic, subject, words) in zip(home, HARD_TO_FIND, strict=False):
        school_class = teacher.classes[0]
        lesson = replace(fitting_lessons(school_class)[0], topics=(topic,), subject=subject, asks=(words,))
        ask(session, world, teacher, school_class, lesson, now=world.ago(12 * 24))


def _ask_openly(session: Session, world: World) -> None:
    """Requests of the last days whose askers have not ticked anybody yet, and drafts."""
    chance, others = world.chance, world.teachers[1:]
    for number in range(world.size.open + world.size.drafts):
        teacher = others[number % len(others)]
        school_class = chance.choice(teacher.classes)
        lesson = chance.choice(fitting_lessons(school_class))
        at = world.ago(chance.uniform(14, 200))
        (ask if number < world.size.open else write_request)(session, world, teacher, school_class, lesson, now=at)


def _invited(
    session: Session,
    world: World,
    teacher: Teacher,
    school_class: SchoolClass,
    lesson: Lesson,
    at: datetime,
    *,
    most: int,
    only: int | None = None,
) -> list[Match]:
    """A request whose best candidates have just been asked; `only` is an offer to ask instead."""
    with session.begin_nested() as attempt:
        request = ask(session, world, teacher, school_class, lesson, now=at)
        suggested = suggest(session, request_id=request.id, now=at) if request is not None else None
        ids = [candidate.offer_id for candidate in suggested.candidates] if suggested else []
        if request is None or suggested is None or not (ids or only):
            attempt.rollback()
            return []
        store_run(session, suggested, generated=True)
        chosen = [only] if only is not None else ids[:most]
        asked = invite(session, request.id, offer_ids=chosen, actor=teacher.actor, now=at + timedelta(minutes=9))
        if only is not None and not asked:
            attempt.rollback()
        return asked


def _agree(session: Session, world: World, match: Match, at: datetime) -> bool:
    """The person asked says yes to the first moment; False when something stands in the way."""
    guest = world.guest_of(match.professional_id)
    moment_id = session.scalar(_moments(match.id))
    return guest is not None and moment_id is not None and _accepts(session, match.id, moment_id, guest, at)


def _accepts(session: Session, match_id: int, moment_id: int, guest: Guest, at: datetime) -> bool:
    try:
        with session.begin_nested():
            accept_match(session, match_id, moment_id=moment_id, actor=guest.actor, now=at)
    except MatcherError:
        return False
    return True


def _suggest_other(session: Session, world: World, match: Match, at: datetime) -> None:
    """The same hour on the first other day on which the school is open."""
    guest = world.guest_of(match.professional_id)
    moment = session.get(MatchMoment, session.scalar(_moments(match.id)) or 0)
    if guest is None or moment is None:
        return
    for later in range(1, 8):
        try:
            with session.begin_nested():
                day = moment.day + timedelta(days=later)
                suggest_moment(
                    session, match.id, day=day, starts=moment.starts, ends=moment.ends, actor=guest.actor, now=at
                )
                return
        except MatcherError:
            continue


def _moments(match_id: int) -> Select[int]:
    return select(MatchMoment.id).where(MatchMoment.match_id == match_id).order_by(MatchMoment.start_s).limit(1)


def _fitting(world: World, lesson: Lesson) -> list[tuple[Teacher, SchoolClass]]:
    """Other teachers of the region with a class for which this lesson was made."""
    return [
        (teacher, school_class)
        for teacher in world.teachers[1:]
        if teacher.school.region_id == world.home_region
        for school_class in teacher.classes
        if Level(school_class.level) in lesson.levels
    ]
