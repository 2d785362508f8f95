"""Topics in the database: seeding twice changes nothing, lists and search speak the reader's language."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.subjects import thesaurus
from matcher.subjects.models import Topic, TopicTerm, TopicType
from matcher.subjects.queries import (
    related,
    suggested_topics,
    topic_names,
    topics_by_type,
    topics_matching,
    topics_with_ids,
    vocabulary,
)
from matcher.subjects.recognise import suggest_topics
from matcher.subjects.services import Seeded, seed_topics
from matcher.subjects.vocabulary import shipped_vocabulary


def id_of(session: Session, code: str) -> int:
    return session.scalars(select(Topic.id).where(Topic.code == code)).one()


def test_seeding_twice_changes_nothing_and_keeps_ids(session: Session):
    count = len(thesaurus.entries())
    assert seed_topics(session) == Seeded(count, 0, 0)
    before = dict(session.execute(select(Topic.code, Topic.id)).all())
    assert seed_topics(session) == Seeded(0, 0, count)
    assert dict(session.execute(select(Topic.code, Topic.id)).all()) == before
    assert session.scalar(select(func.count()).select_from(TopicTerm)) > 4 * count


def test_seeding_mends_a_changed_topic_and_leaves_one_made_by_hand(seeded: Session):
    physics = seeded.scalars(select(Topic).where(Topic.code == "physics")).one()
    physics.nl = "Iets anders"
    seeded.add(Topic(code="by_hand", type=TopicType.THEME, nl="Knikkers", en="Marbles", levels=["havo"], near=[]))
    seeded.flush()
    assert seed_topics(seeded).changed == 1
    assert physics.nl == "Natuurkunde"
    assert topic_names(seeded, [id_of(seeded, "by_hand")], "nl") == {id_of(seeded, "by_hand"): "Knikkers"}


def test_parent_is_stored(seeded: Session):
    parent = seeded.scalar(select(Topic.parent_id).where(Topic.code == "maths_a"))
    assert parent == id_of(seeded, "maths")


def test_vocabulary_of_the_database_recognises_like_the_files(seeded: Session):
    text = "3 vmbo-bb Z&W: een echte dag in de thuiszorg, met stroom uit een zonnecel"
    assert suggest_topics(text, vocabulary(seeded)) == suggest_topics(text, shipped_vocabulary())
    assert vocabulary(seeded) is vocabulary(seeded)


def test_topic_made_by_hand_is_recognised_at_once(seeded: Session):
    assert suggested_topics(seeded, "Knikkerbaan maken", "nl") == []
    topic = Topic(code="marbles", type=TopicType.THEME, nl="Knikkers", en="Marbles", levels=["havo"], near=["physics"])
    seeded.add(topic)
    seeded.flush()
    seeded.add(TopicTerm(topic_id=topic.id, lang="nl", folded="knikkerbaan"))
    seeded.flush()
    (found,) = suggested_topics(seeded, "Knikkerbaan maken", "nl")
    assert (found.id, found.name, found.matched) == (topic.id, "Knikkers", "Knikkerbaan")
    assert related(seeded, [topic.id])[id_of(seeded, "physics")] == 0.6


def test_suggested_topics_speak_the_language_of_the_reader(seeded: Session):
    (dutch,) = suggested_topics(seeded, "warmtepomp", "nl")
    (english,) = suggested_topics(seeded, "warmtepomp", "en")
    assert dutch.name == "Warmte, koeling en warmtepompen"
    assert english.name == "Heating, cooling and heat pumps"


def test_list_holds_every_type_in_alphabetical_order(seeded: Session):
    groups = topics_by_type(seeded, "nl")
    assert list(groups) == [TopicType.SUBJECT, TopicType.THEME, TopicType.SECTOR]
    names = [choice.name.casefold() for choice in groups[TopicType.SECTOR]]
    assert names == sorted(names)
    assert sum(len(group) for group in groups.values()) == len(thesaurus.entries())


def test_search_finds_names_and_synonyms_by_their_start(seeded: Session):
    assert topics_matching(seeded, "natuurk", "nl")[0].code == "physics"
    assert "hospital" in {choice.code for choice in topics_matching(seeded, "chirur", "nl")}
    assert "heating" in {choice.code for choice in topics_matching(seeded, "heat pu", "en")}
    assert len(topics_matching(seeded, "be", "nl", limit=5)) == 5


def test_search_for_nothing_finds_nothing(seeded: Session):
    for typed in ("", " ", "n", "%", "__", "'; drop table topics"):
        assert topics_matching(seeded, typed, "nl") == [], typed


def test_topics_come_in_the_order_asked_without_unknown_ones(seeded: Session):
    water, energy = id_of(seeded, "water"), id_of(seeded, "energy")
    assert [c.code for c in topics_with_ids(seeded, [water, 2**30, energy, water], "nl")] == ["water", "energy"]
    assert topics_with_ids(seeded, [], "nl") == []
    assert topic_names(seeded, [energy], "en") == {energy: "Energy and the energy transition"}


def test_related_keeps_ids_that_are_unknown(seeded: Session):
    assert related(seeded, [2**30]) == {2**30: 1.0}
