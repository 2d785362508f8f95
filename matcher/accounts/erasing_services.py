"""Makes an account anonymous, as `privacy` says column by column. What is live was ended before, by matching."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, TextClause, and_, delete, select, text, update
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.accounts.privacy import RULES, Does, Rule, parameters_in
from matcher.accounts.services import record
from matcher.accounts.wordless import replaced, texts_of, wordless
from matcher.db import Base, lock_row

GONE = "erased-{id}@erased.invalid"
"""Stands where an address was; nothing is ever sent there."""


@dataclass
class Said:
    """Who somebody was and what they wrote, for whoever has to find it elsewhere: letters, words of the search."""

    user_id: int
    name: str
    email: str
    phone: str | None
    titles: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def note(self, column: str, value: Any) -> None:
        found = {each for each in texts_of(value) if len(each) > 1}
        if column == "title":
            self.titles |= found
        elif isinstance(value, Mapping) and isinstance(value.get("title"), str):
            self.titles.add(value["title"])
        self.texts |= found


def anonymise(session: Session, user_id: int, *, now: datetime) -> Said:
    """Every rule of `privacy` for this person, in the caller's unit. Gives what there was: others' letters hold it."""
    user = lock_row(session, User, user_id)
    said = Said(user.id, user.name, user.email, user.phone, texts={user.function} if user.function else set())
    parameters = {
        "person": user.id,
        "person_text": str(user.id),
        "email_key": user.email_key,
        "email_json": user.email.lower(),
        "gone": GONE.format(id=user.id),
        "now": now,
    }
    user.epoch += 1
    session.flush()
    for name, rules in RULES.items():
        for rule in rules:
            _follow(session, Base.metadata.tables[name], rule, parameters, said)
    session.expire_all()
    record(session, action="erased", object_type="user", object_id=user_id, actor_id=user_id, now=now)
    return said


def _follow(session: Session, table: Table, rule: Rule, parameters: Mapping[str, Any], said: Said) -> None:
    if not rule.where:
        return
    where = _condition(rule.where, parameters)
    if rule.does is Does.DELETE_ROW:
        session.execute(delete(table).where(where))
    elif rule.does is Does.WORDS:
        for column in rule.columns:
            _take_words(session, table, column, where, rule.values, said)
    else:
        _remember(session, table, rule, where, said)
        values = {column: _value(rule.values.get(column), parameters) for column in rule.columns}
        session.execute(update(table).where(where).values(values))


def _condition(where: str, parameters: Mapping[str, Any]) -> TextClause:
    return text(f"({where})").bindparams(**{name: parameters[name] for name in parameters_in(where)})


def _value(value: Any, parameters: Mapping[str, Any]) -> Any:
    return parameters[value[1:]] if isinstance(value, str) and value.startswith(":") else value


def _remember(session: Session, table: Table, rule: Rule, where: TextClause, said: Said) -> None:
    """The texts that are about to go. Those of the account itself are known, and letters are for whoever keeps them."""
    if rule.does is not Does.CONSTANT or table.name in {"users", "outbox", "organisations"}:
        return
    for row in session.execute(select(*(table.c[column] for column in rule.columns)).where(where)):
        for column, value in zip(rule.columns, row, strict=True):
            said.note(column, value)


def _take_words(
    session: Session, table: Table, column: str, where: TextClause, values: Mapping[str, Any], said: Said
) -> None:
    keys = list(table.primary_key.columns)
    for row in session.execute(select(*keys, table.c[column]).where(where)).all():
        before = row[-1]
        after = replaced(before, values) if values else wordless(before)
        if after == before:
            continue
        if not values:
            said.note(column, before)
        session.execute(update(table).where(_is(keys, row)).values({column: after}))


def _is(keys: list[Any], row: Any) -> ColumnElement[bool]:
    return and_(*(key == value for key, value in zip(keys, row, strict=False)))
