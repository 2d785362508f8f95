"""What every draft needs, whatever its kind: a title, its topics, and a limit to how many somebody keeps."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matcher.errors import InvalidInput
from matcher.i18n import _l
from matcher.requests.models import Request, RequestTopic
from matcher.requests.states import RequestState
from matcher.subjects.models import Topic

TITLE_LENGTH = 120
MAX_DRAFTS = 50


def check_number(session: Session, asker_id: int) -> None:
    """Raises InvalidInput for the fifty-first draft."""
    drafts = select(func.count()).where(Request.asked_by_id == asker_id, Request.state == RequestState.DRAFT)
    if (session.scalar(drafts.select_from(Request)) or 0) >= MAX_DRAFTS:
        raise InvalidInput(_l("You have many drafts already. Send or discard one of them first."))


def topics_with(session: Session, topic_ids: Sequence[int]) -> list[Topic]:
    """In the order given. Raises InvalidInput for one that does not exist."""
    found = {topic.id: topic for topic in session.scalars(select(Topic).where(Topic.id.in_(topic_ids)))}
    if len(found) != len(set(topic_ids)):
        raise InvalidInput(_l("One of these topics does not exist."), "topic_text")
    return [found[number] for number in dict.fromkeys(topic_ids)]


def titled(text: str, topics: Sequence[Topic], behind: str = "") -> str:
    """What it is about, in the school's own words or the names of its topics, so that no language is fixed in it."""
    about = text.strip() or ", ".join(topic.nl for topic in topics[:2])
    about = about[:1].upper() + about[1:]
    if len(about) > TITLE_LENGTH:
        about = about[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
    return " · ".join(part for part in (about, behind) if part)


def write_topics(session: Session, request_id: int, topics: Sequence[Topic]) -> None:
    session.execute(delete(RequestTopic).where(RequestTopic.request_id == request_id))
    session.add_all(RequestTopic(request_id=request_id, topic_id=topic.id) for topic in topics)
