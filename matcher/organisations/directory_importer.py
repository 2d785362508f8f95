"""Finds the organisation a row of a spreadsheet means, in the register, in the database or earlier in the same file.

Loads only what the file names, once. Writes nothing; new companies are drafts until `people_importer` adds them.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from matcher.accounts.policy import Actor
from matcher.i18n import _
from matcher.organisations.cells import Unreadable, line, read_brin, read_kvk, read_postcode
from matcher.organisations.columns import Row
from matcher.organisations.models import Organisation, PositionSource
from matcher.organisations.names import name_key
from matcher.organisations.outcomes import Refused
from matcher.organisations.policy import can_verify
from matcher.organisations.states import OrganisationType
from matcher.regions.models import Postcode
from matcher.subjects.words import fold

SOURCE = "spreadsheet"
COMPANIES = (OrganisationType.COMPANY, OrganisationType.SELF_EMPLOYED)
_SCHOOLISH = re.compile(
    r"\b(basisschool|obs|cbs|rkbs|pcbs|lyceum|gymnasium|college|scholengemeenschap|praktijkschool|school|mavo|havo|vmbo)\b"
)
_ALONE = re.compile(r"zzp|zelfstandig|freelance|eenmanszaak|gepensioneerd|self[ _-]?employed|particulier")
_LEGAL = re.compile(r"\b(b\.?\s?v\.?|n\.?\s?v\.?|v\.?o\.?f\.?|holding)(?=\s|$)\.?")


def company_key(name: str) -> str:
    """How names of companies are compared: without B.V. and signs."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", _LEGAL.sub(" ", name_key(name))).split())


def kind_of(row: Row) -> OrganisationType:
    """What this row is about: said, or seen from its numbers or its name."""
    said = fold(row.get("type"))
    if _ALONE.search(said):
        return OrganisationType.SELF_EMPLOYED
    if said:
        # "Rijschool" is a company: only a word of its own counts, or the word for it in front.
        is_school = bool(_SCHOOLISH.search(said)) or said in {"po", "vo", "so", "vso", "mbo", "hbo", "onderwijs"}
        return OrganisationType.SCHOOL if is_school else OrganisationType.COMPANY
    if row.get("brin") or (row.get("school") and not row.get("kvk")):
        return OrganisationType.SCHOOL
    if row.get("kvk"):
        return OrganisationType.COMPANY
    return OrganisationType.SCHOOL if _SCHOOLISH.search(name_key(_name(row))) else OrganisationType.COMPANY


def _name(row: Row) -> str:
    return line(row.get("organisation") or row.get("school"))


def read(row: Row, field: str, reader: Any, *more: Any) -> Any:
    """The cell as its reader understands it; None when empty. Raises Refused about this field."""
    text = row.get(field)
    if not text:
        return None
    try:
        return reader(text, *more)
    except Unreadable as error:
        raise Refused(error.reason, field) from error


class Directory:
    """The organisations that the rows of one file may mean."""

    def __init__(self, session: Session, rows: Collection[Row], *, actor: Actor) -> None:
        self.actor = actor
        self.by_brin: dict[str, list[Organisation]] = defaultdict(list)
        self.by_kvk: dict[str, list[Organisation]] = defaultdict(list)
        self.by_name: dict[str, list[Organisation]] = defaultdict(list)
        self.first_row: dict[int, int] = {}
        self._postcodes = _postcodes(session, rows)
        for found in _candidates(session, rows, actor):
            self.remember(found)

    def remember(self, found: Organisation) -> None:
        if found.brin:
            self.by_brin[found.brin].append(found)
        if found.kvk:
            self.by_kvk[found.kvk].append(found)
        self.by_name[company_key(found.name)].append(found)

    def school(self, row: Row) -> Organisation:
        """A location of the register; schools are never made from a spreadsheet. Raises Refused."""
        found = self._by_brin(row) if row.get("brin") else self._by_school_name(row)
        self.require_own(found, "brin" if row.get("brin") else "school")
        return found

    def _by_brin(self, row: Row) -> Organisation:
        brin, code = read(row, "brin", read_brin, row.get("location"))
        places = self.by_brin[brin]
        if not places:
            raise Refused(_("The school register has no BRIN %(brin)s.", brin=brin), "brin")
        if code is not None:
            for place in places:
                if place.location == code:
                    return place
            raise Refused(
                _("BRIN %(brin)s has no location %(code)s in the register.", brin=brin, code=code), "location"
            )
        left = self._narrowed(places, row)
        if len(left) != 1:
            codes = ", ".join(sorted(place.location or "" for place in places)[:12])
            raise Refused(
                _("BRIN %(brin)s has several locations (%(codes)s). Fill in which one.", brin=brin, codes=codes),
                "location" if row.header("location") else "brin",
            )
        return left[0]

    def _by_school_name(self, row: Row) -> Organisation:
        name = line(row.get("school") or row.get("organisation"))
        field = "school" if row.get("school") else "organisation"
        if not name:
            raise Refused(_("Say which school: fill in its BRIN."), "brin" if row.header("brin") else field)
        places = [place for place in self.by_name[company_key(name)] if place.type is OrganisationType.SCHOOL]
        own = [place for place in self._narrowed(places, row) if can_verify(self.actor, place)]
        if len(own) == 1:
            return own[0]
        if not own:
            raise Refused(
                _("The register has no school “%(name)s” in your region. Fill in its BRIN.", name=name[:60]), field
            )
        raise Refused(_("Several schools are called “%(name)s”. Fill in the BRIN.", name=name[:60]), field)

    def _narrowed(self, places: list[Organisation], row: Row) -> list[Organisation]:
        """By postcode, place and name, as long as something is left."""
        pc4, place = (row.get("postcode") or "").strip()[:4], fold(row.get("place"))
        key = company_key(_name(row))
        for test in (
            lambda one: bool(pc4) and one.pc4 == pc4,
            lambda one: bool(place) and fold(one.place or "") == place,
            lambda one: bool(key) and company_key(one.name) == key,
        ):
            left = [one for one in places if test(one)]
            places = left or places
        return places

    def company(self, row: Row, *, anywhere: bool = False) -> Organisation | None:
        """By KvK number and address, else by name and postcode; None when it is nowhere yet. Raises Refused."""
        kvk = read(row, "kvk", read_kvk)
        pc4 = (read(row, "postcode", read_postcode) or "")[:4]
        found = self._by_kvk(kvk, pc4) if kvk else None
        if found is None and _name(row):
            found = self._by_company_name(company_key(_name(row)), kvk, pc4)
        if found is not None and not anywhere:
            self.require_own(found, "postcode" if pc4 else "organisation")
        return found

    def _by_kvk(self, kvk: str, pc4: str) -> Organisation | None:
        places = self.by_kvk[kvk]
        here = [place for place in places if place.pc4 == pc4] if pc4 else places
        if len(here) > 1:
            raise Refused(_("KvK number %(kvk)s has several addresses here. Fill in the postcode.", kvk=kvk), "kvk")
        return here[0] if here else None

    def _by_company_name(self, key: str, kvk: str | None, pc4: str) -> Organisation | None:
        fits = [place for place in self.by_name[key] if place.type in COMPANIES and (not kvk or not place.kvk)]
        here = [place for place in fits if place.pc4 == pc4] if pc4 else fits
        own = [place for place in here if can_verify(self.actor, place)]
        if len(own) > 1:
            raise Refused(_("Several organisations have this name. Fill in KvK number and postcode."), "organisation")
        return own[0] if own else None

    def draft(self, row: Row, type_: OrganisationType, name: str, *, now: datetime) -> Organisation:
        """A new company at the postcode of the row. Raises Refused."""
        if not name:
            raise Refused(_("The name of the organisation is missing."), "organisation")
        postcode = read(row, "postcode", read_postcode)
        if postcode is None:
            raise Refused(_("This organisation is new here: its postcode is needed."), "postcode")
        where = self._postcodes.get(postcode[:4])
        if where is None:
            raise Refused(_("We do not know postcode %(postcode)s.", postcode=postcode), "postcode")
        alone = type_ is OrganisationType.SELF_EMPLOYED
        made = Organisation(
            type=type_,
            name=name,
            name_key=name_key(name),
            kvk=read(row, "kvk", read_kvk),
            # Of people who work for themselves only the four digits are kept: the six would be somebody's home.
            postcode=where.pc4 if alone else postcode,
            pc4=where.pc4,
            place=where.place,
            lat=where.lat,
            lon=where.lon,
            position_source=PositionSource.POSTCODE,
            region_id=where.region_id,
            holiday_region=where.holiday_region,
            levels=[],
            source=SOURCE,
            created_at=now,
            verified_at=now,
            verified_by_id=self.actor.user_id,
        )
        self.require_own(made, "postcode")
        self.remember(made)
        self.first_row[id(made)] = row.number
        return made

    def require_own(self, place: Organisation, field: str) -> None:
        """Only her own region: what lies elsewhere is another coordinator's. Raises Refused."""
        if not can_verify(self.actor, place):
            raise Refused(_("“%(name)s” lies outside your region.", name=place.name[:60]), field)
        if place.stopped_at is not None or place.ended_at is not None:
            raise Refused(_("“%(name)s” was stopped here.", name=place.name[:60]), field)


def _values(rows: Iterable[Row], field: str, reader: Any) -> set[str]:
    """What the file says in this column, as far as it can be read."""
    found = set()
    for row in rows:
        try:
            if row.get(field):
                value = reader(row.get(field))
                found.add(value[0] if isinstance(value, tuple) else value)
        except Unreadable:
            continue
    return found


def _postcodes(session: Session, rows: Collection[Row]) -> dict[str, Postcode]:
    wanted = {postcode[:4] for postcode in _values(rows, "postcode", read_postcode)}
    return {row.pc4: row for row in session.scalars(select(Postcode).where(Postcode.pc4.in_(wanted)))}


def _candidates(session: Session, rows: Collection[Row], actor: Actor) -> list[Organisation]:
    """Everything in her own regions, where names count too, and elsewhere what has one of the file's numbers."""
    number = or_(
        Organisation.brin.in_(_values(rows, "brin", read_brin)), Organisation.kvk.in_(_values(rows, "kvk", read_kvk))
    )
    own = true() if actor.is_administrator else Organisation.region_id.in_(actor.region_ids)
    return list(session.scalars(_live().where(or_(own, number)).order_by(Organisation.id)))


def _live() -> Any:
    return select(Organisation).where(Organisation.type != OrganisationType.BOARD, Organisation.ended_at.is_(None))
