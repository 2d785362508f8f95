"""Takes a person out of the letters: those to them, and what letters to others say about them."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, and_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from matcher.i18n import _, in_locale
from matcher.notices.models import NoticeState, Outbox

CHUNK = 400
CUT = 40
"""A text that a letter cut off is known by its beginning when it is at least this long."""
_FOLD = re.compile(r"\r?\n[ \t]")


@dataclass(frozen=True)
class Person:
    """What may stand in a letter: name, address, phone, the titles and the other texts that this person wrote."""

    user_id: int
    name: str
    email: str
    phone: str | None
    titles: Collection[str] = ()
    texts: Collection[str] = ()


def letters_by_address(session: Session, person: Person) -> list[int]:
    """Letters to the address that name no account. Looks at every letter: not in a unit."""
    query = select(Outbox.id).where(
        Outbox.recipient_user_id.is_(None), func.lower(Outbox.address) == person.email.lower()
    )
    return list(session.scalars(query.order_by(Outbox.id)))


def keep_back(session: Session, person: Person, *, by_address: Collection[int]) -> None:
    """Nothing more goes to this person. Letters that had only the address are the account's from now on; their keys, in
    which it stood, become hashes."""
    for part in _chunks(by_address):
        for row_id, key in session.execute(select(Outbox.id, Outbox.dedupe_key).where(Outbox.id.in_(part))).all():
            values = {"dedupe_key": hashlib.sha256(key.encode()).hexdigest(), "recipient_user_id": person.user_id}
            session.execute(update(Outbox).where(Outbox.id == row_id).values(values))
    waiting = Outbox.state.in_((NoticeState.QUEUED, NoticeState.RETRY, NoticeState.INFLIGHT, NoticeState.DEAD))
    mine = Outbox.recipient_user_id == person.user_id
    session.execute(update(Outbox).where(mine, waiting).values(state=NoticeState.WITHHELD))


def letters_naming(session: Session, person: Person) -> list[int]:
    """Letters whose values hold the name, the address or the phone number. Looks at every letter: not in a unit."""
    said = cast(Outbox.params, String)
    known = [json.dumps(text)[1:-1] for text in (person.name, person.email, person.phone or "") if len(text) > 2]
    query = select(Outbox.id).where(or_(*(said.contains(text, autoescape=True) for text in known)))
    return list(session.scalars(query.order_by(Outbox.id)))


def forget_in_letters(
    session: Session, person: Person, *, about: Mapping[str, Collection[int]], row_ids: Collection[int]
) -> int:
    """Neutral words in letters about these subjects, and in these rows. Says how many changed."""
    changed = 0
    for row in _letters(session, about, row_ids):
        with in_locale(row.locale):
            blank = _Blank(person, name=_("Deleted account"), title=_("Text deleted"))
            params = blank.value(row.params)
            calendar = blank.calendar(row.calendar) if row.calendar else row.calendar
        if (params, calendar) != (row.params, row.calendar):
            session.execute(update(Outbox).where(Outbox.id == row.id).values(params=params, calendar=calendar))
            changed += 1
    return changed


def _letters(session: Session, about: Mapping[str, Collection[int]], row_ids: Collection[int]) -> Iterable[Any]:
    columns = select(Outbox.id, Outbox.params, Outbox.calendar, Outbox.locale)
    seen: set[int] = set()
    conditions: list[Any] = [Outbox.id.in_(part) for part in _chunks(row_ids)]
    for subject, ids in about.items():
        conditions += [and_(Outbox.subject == subject, Outbox.subject_id.in_(part)) for part in _chunks(ids)]
    for condition in conditions:
        for row in session.execute(columns.where(condition).order_by(Outbox.id)).all():
            if row.id not in seen:
                seen.add(row.id)
                yield row


def _chunks(ids: Collection[int]) -> Iterable[list[int]]:
    found = sorted(set(ids))
    return (found[first : first + CHUNK] for first in range(0, len(found), CHUNK))


class _Blank:
    """Puts neutral words in the place of a person's."""

    def __init__(self, person: Person, *, name: str, title: str) -> None:
        self.person, self.name, self.title = person, name, title
        self.long = [text for text in person.texts if len(text) >= CUT]
        parts = [re.escape(person.email)]
        if " " in person.name.strip():
            parts.append(rf"(?<!\w){re.escape(person.name)}(?!\w)")
        if person.phone and len(person.phone) > 5:
            parts.append(re.escape(person.phone))
        self.known = re.compile("|".join(parts), re.IGNORECASE)

    def value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        if text == self.person.name:
            return self.name
        if text in self.person.titles:
            return self.title
        if text in self.person.texts or (len(text) >= CUT and any(one.startswith(text) for one in self.long)):
            return ""
        return self.known.sub(self.name, text)

    def calendar(self, text: str) -> str:
        """The same in a calendar file, whose long lines are folded and whose commas have a sign before them."""
        plain = _FOLD.sub("", text)
        for words in sorted({*self.person.titles, *self.person.texts}, key=len, reverse=True):
            if len(words) > 3:
                plain = plain.replace(_escaped(words), self.title if words in self.person.titles else "")
        plain = self.known.sub(self.name, plain)
        return text if plain == _FOLD.sub("", text) else "".join(_folded(line) for line in plain.splitlines())


def _escaped(words: str) -> str:
    text = " ".join(words.split(" "))
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """One line of a calendar file in pieces of at most 75 bytes."""
    found, piece = [], ""
    for sign in line:
        if len((piece + sign).encode()) > 74:
            found.append(piece)
            piece = " "
        piece += sign
    return "\r\n".join([*found, piece]) + "\r\n"
