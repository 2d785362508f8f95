"""From a typed search to what answers each of its words: words that texts have, topics, regions and places."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.regions.models import Postcode, Region
from matcher.subjects.finding import TOPIC, Search, Sought, place_keys, words_of
from matcher.subjects.lexicon import LESS, MARK, TWO_SLIPS, Lexicon
from matcher.subjects.models import TopicType
from matcher.subjects.queries import TopicChoice, related, suggested_topics, topics_matching, vocabulary
from matcher.subjects.words import fold, folded_words

Holders = Callable[[Collection[str]], Mapping[str, int]]
"""How many texts hold each of these words; those that none holds may be left out."""
FOUND_BY = 0.6
"""A topic at this closeness still answers the word, for less."""
NAMED_SO = 10
"""How surely another name of a topic is meant."""
BRANCH = 0.8
"""Of what a branch of work counts for: it is wider than a subject."""


def understood(
    session: Session, text: str, locale: str, *, lexicon: Lexicon, holders: Holders, names: bool = False
) -> Search:
    """`names`: whether the reader may find by the names of organisations."""
    typed = words_of(text)
    if not typed:
        return Search()
    search = Search([Sought(word.raw, word.folded, word.kind, word.level_mask) for word in typed])
    plain = [word for word in search.words if not word.level_mask]
    for word in plain:
        word.words = lexicon.variants(word.folded) if " " not in word.folded else {}
        if names and not word.kind:
            word.words |= lexicon.marked(word.folded)
    search.holders = dict(holders({variant for word in plain for variant in word.words}))
    _drop_unheld(plain, search.holders)
    _add_places(session, search)
    _add_topics(session, search, text, locale)
    _add_names(session, search, lexicon, holders)
    _add_slips(session, search, locale, lexicon, holders, names)
    return search


def _drop_unheld(words: Sequence[Sought], holders: Mapping[str, int]) -> None:
    for word in words:
        word.words = {variant: sure for variant, sure in word.words.items() if holders.get(variant)}


def _add_places(session: Session, search: Search) -> None:
    """A town answers with what lies around it, a region with everything in it."""
    keys = place_keys(search.words)
    names = {name for name, _part in keys}
    place = func.lower(Postcode.place)
    query = select(place, func.avg(Postcode.lat), func.avg(Postcode.lon)).where(place.in_(names)).group_by(place)
    towns = {name: (float(lat), float(lon)) for name, lat, lon in session.execute(query)}
    regions: dict[str, set[int]] = {}
    for number, name in session.execute(select(Region.id, Region.name)):
        regions.setdefault(fold(name), set()).add(number)
    for name, part in keys:
        if (name in towns or name in regions) and all(word in search.words for word in part):
            first = part[0]
            if len(part) > 1:
                first.raw, first.folded = " ".join(w.raw for w in part), " ".join(w.folded for w in part)
                search.words[:] = [word for word in search.words if word is first or word not in part]
            first.around, first.regions = towns.get(name), regions.get(name, set())


def _add_topics(session: Session, search: Search, text: str, locale: str) -> None:
    """Topics of the whole text, each with the words that led to it; a word that is left is looked at by itself."""
    found = suggested_topics(session, text, locale, guesses=False)
    for word in search.words:
        if word.folded and not word.around and not any(_led(topic) & set(word.folded.split()) for topic in found):
            alone = suggested_topics(session, word.raw, locale, limit=2, guesses=False)
            alone = alone or _called(session, word, locale)
            found += [topic for topic in alone if topic.id not in {known.id for known in found}]
    search.topics = [topic for topic in found if not topic.implied]
    for topic in search.topics:
        _answer_with(session, topic, [word for word in search.words if _led(topic) & set(word.folded.split())])


def _called(session: Session, word: Sought, locale: str) -> list[TopicChoice]:
    """Topics with the word in their own name, for what by itself may mean several things."""
    found = topics_matching(session, word.folded, locale) if len(word.folded) > 2 else []
    return [replace(topic, matched=word.raw) for topic in found if word.folded in folded_words(topic.name).split()][:2]


def _answer_with(session: Session, topic: TopicChoice, words: Sequence[Sought]) -> None:
    """The topic and those close to it; the nearer the more."""
    for number, close in related(session, [topic.id], FOUND_BY).items() if words else ():
        points = round(TOPIC * close * (BRANCH if topic.type is TopicType.SECTOR else 1.0))
        for word in words:
            word.topics[number] = max(word.topics.get(number, 0), points)


def _led(topic: TopicChoice) -> set[str]:
    """The folded words that led to a topic."""
    return set(folded_words(topic.matched).split())


def _add_names(session: Session, search: Search, lexicon: Lexicon, holders: Holders) -> None:
    """What else a topic is called, in both languages: texts that say it answer too."""
    known = vocabulary(session)
    for topic in search.topics:
        entry = known.entries[topic.code]
        names = {name.strip("-!") for name in (entry.nl, entry.en, *entry.terms_nl, *entry.terms_en)}
        alike = {word for name in names if " " not in name for word in lexicon.forms_of(fold(name))}
        held = holders(alike)
        search.holders |= held
        for word in search.words:
            if _led(topic) & set(word.folded.split()):
                word.words = {each: NAMED_SO for each in sorted(alike) if held.get(each)} | word.words


def _add_slips(session: Session, search: Search, locale: str, lexicon: Lexicon, holders: Holders, names: bool) -> None:
    """Words that nothing answers yet: read as the word they may be a slip of, else taken apart."""
    unread = [
        word
        for word in search.words
        if word.folded and not (word.words or word.kind or word.topics or word.around or word.regions)
    ]
    for word in unread:
        slips = lexicon.slips(word.folded, marked=names)
        if not slips:
            slips = lexicon.parts(word.folded)
        held = holders(slips)
        search.holders |= held
        found = {variant: sure for variant, sure in slips.items() if held.get(variant)}
        word.words = found
        if max(found.values(), default=0) >= TWO_SLIPS - LESS:
            word.meant = (next(iter(found)).lstrip(MARK),)
            for topic in suggested_topics(session, word.meant[0], locale, limit=2, guesses=False):
                search.topics.append(topic)
                _answer_with(session, topic, [word])
