"""The one change that history allows: words of somebody whose account was erased are emptied, and nothing else."""

from matcher.db import Base

WORDS = ("title", "description", "own_words", "costs")
"""Texts in what an offer or a request said at a moment. Emptied or as they were; ``details`` may lose its texts too."""


def note_emptied(model: type[Base], dialect: str, who: str) -> str:
    """The ``note`` of a row becomes empty; `who` are the ids (SQL on OLD) of those who may have written it."""
    return f"NEW.note = '' and {_same(model, dialect, 'note')} and {_gone(who)}"


def words_emptied(model: type[Base], dialect: str, who: str, earlier: str = "") -> str:
    """The same for the texts in a snapshot: everything beside its words stays as it was. `earlier`: a text (SQL on OLD)
    with the marks of those who owned it before."""
    names = (*WORDS, "details")
    if dialect == "sqlite":
        left_out = ", ".join(f"'$.{name}'" for name in names)
        rest = f"json_remove(NEW.snapshot, {left_out}) = json_remove(OLD.snapshot, {left_out})"
    else:
        left_out = "'{" + ",".join(names) + "}'::text[]"
        rest = f"NEW.snapshot::jsonb - {left_out} = OLD.snapshot::jsonb - {left_out}"
    words = " and ".join(_kept_or_empty(dialect, name) for name in WORDS)
    return f"{rest} and {words} and {_same(model, dialect, 'snapshot')} and {_gone(who, earlier)}"


def _kept_or_empty(dialect: str, name: str) -> str:
    if dialect == "sqlite":
        now, before, same = (*(f"json_extract({row}.snapshot, '$.{name}')" for row in ("NEW", "OLD")), "is")
    else:
        now, before, same = (*(f"{row}.snapshot->>'{name}'" for row in ("NEW", "OLD")), "is not distinct from")
    return f"({now} {same} {before} or {now} = '')"


def _same(model: type[Base], dialect: str, but: str) -> str:
    if dialect == "postgresql":
        return f"to_jsonb(NEW) - '{but}' = to_jsonb(OLD) - '{but}'"
    return " and ".join(f"NEW.{each.name} is OLD.{each.name}" for each in model.__table__.columns if each.name != but)


def _gone(who: str, earlier: str = "") -> str:
    before = f" or ({earlier}) like '%,p' || u.id || ',%'" if earlier else ""
    return f"exists (select 1 from users u where u.erased_at is not null and (u.id in ({who}){before}))"  # noqa: S608 (our own words)
