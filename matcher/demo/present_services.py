"""What the six told accounts find when they sign in, and the requests that look for somebody now. Flushes only."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matcher.demo import catalogue
from matcher.demo.asking_services import ask, fitting_lessons, write_request
from matcher.demo.world import Teacher, World, waking


def arrange_present(session: Session, world: World) -> None:
    teacher = world.teachers[0]
    lessons = catalogue.lessons()
    ask(session, world, teacher, teacher.classes[0], lessons["warmtepomp"], now=world.now - timedelta(hours=20))
    write_request(session, world, teacher, teacher.classes[1], lessons["ai"], now=world.now - timedelta(hours=3))
    _ask_openly(session, world)


def _ask_openly(session: Session, world: World) -> None:
    chance = world.chance
    for number in range(world.size.open + world.size.drafts):
        teacher: Teacher = world.teachers[1 + number % (len(world.teachers) - 1)]
        school_class = chance.choice(teacher.classes)
        lesson = chance.choice(fitting_lessons(school_class))
        at: datetime = waking(world.now - timedelta(hours=chance.uniform(14, 200)))
        (ask if number < world.size.open else write_request)(session, world, teacher, school_class, lesson, now=at)
