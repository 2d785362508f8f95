"""Which column of somebody's spreadsheet holds what: proposed from its header and its cells, correctable. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from matcher.errors import InvalidInput
from matcher.i18n import _, _l
from matcher.organisations.spreadsheets import Sheet
from matcher.subjects.words import fold

SAMPLED = 200
SURE, LIKELY, ENOUGH = 1.0, 0.7, 0.5


class ImportKind(StrEnum):
    PEOPLE = "people"
    OFFERS = "offers"
    VISITS = "visits"


@dataclass(frozen=True)
class Field:
    """Something a column can hold; `names` are the headers people give it, folded."""

    code: str
    label: object
    names: tuple[str, ...]


def _field(code: str, label: object, names: str) -> Field:
    return Field(code, label, tuple(name.strip() for name in names.split("|")))


_PLACE = (
    _field(
        "organisation",
        _l("Organisation"),
        "organisatie|organisation|organization|bedrijf|bedrijfsnaam|naam bedrijf|naam organisatie|organisatienaam"
        "|company|company name|werkgever|instelling|school of bedrijf|relatie|naam van het bedrijf|employer|naam|name",
    ),
    _field("kvk", _l("KvK number"), "kvk|kvk nummer|kvknummer|kvk nr|kvknr|kamer van koophandel|kvk number|coc"),
)
_POSTCODE = _field("postcode", _l("Postcode"), "postcode|postcode bezoekadres|pc|zip|zip code|postal code")
_SCHOOL = (
    _field("brin", _l("BRIN"), "brin|brinnummer|brin nummer|brin nr|brincode|instellingscode|brin vestiging"),
    _field(
        "location",
        _l("Location code"),
        "vestigingscode|vestigingsnummer|vestiging|vestigingsnr|location code|location|vest|nevenvestiging",
    ),
)
_OFF = _field(
    "do_not_approach",
    _l("Do not approach"),
    "niet benaderen|niet meer benaderen|niet mailen|opt out|optout|geen contact|do not approach|do not contact"
    "|afgemeld|wil niet benaderd worden",
)
_PEOPLE = (
    *_PLACE,
    _POSTCODE,
    *_SCHOOL,
    _field("school", _l("School"), "school|schoolnaam|naam school|vestigingsnaam|naam vestiging|school name"),
    _field("type", _l("Kind of organisation"), "soort|type|soort organisatie|type organisatie|kind of organisation"),
    _field("place", _l("Place"), "plaats|woonplaats|vestigingsplaats|stad|gemeente|place|city|town"),
    _field("street", _l("Street"), "straat|adres|straat en huisnummer|bezoekadres|street|address"),
    _field("sector", _l("Sector"), "sector|branche|bedrijfstak|industry"),
    _field("size", _l("Size"), "grootte|omvang|aantal medewerkers|medewerkers|fte|werknemers|size|employees"),
    _field("website", _l("Website"), "website|site|web|url|internet|webadres"),
    _field(
        "name",
        _l("Name"),
        "contactpersoon|naam contactpersoon|contact|contact person|volledige naam|full name|persoon|naam|name",
    ),
    _field("first_name", _l("First name"), "voornaam|roepnaam|voorletters|vrnm|first name|given name|initialen"),
    _field("infix", _l("Infix of the name"), "tussenvoegsel|tussenvoegsels|tv|tussenv|tussenvgsl|infix|prefix"),
    _field("last_name", _l("Last name"), "achternaam|familienaam|acht naam|last name|surname|family name"),
    _field(
        "email", _l("Mail address"), "e mail|email|mail|e mailadres|emailadres|mailadres|mail address|email address"
    ),
    _field(
        "phone",
        _l("Phone"),
        "telefoon|telefoonnummer|tel|telnr|tel nr|mobiel|mobiele nummer|gsm|06|phone|mobile|06 nummer",
    ),
    _field("function", _l("Function"), "functie|function|job title|beroep|functietitel|profession|job"),
    _field("role", _l("Role"), "rol|role"),
    _OFF,
)
_OFFERS = (
    *_PLACE,
    _POSTCODE,
    _field(
        "email", _l("Mail address"), "e mail|email|mail|e mailadres|emailadres|mailadres|mail address|email address"
    ),
    _field("title", _l("Title"), "titel|title|aanbod|gastles|titel gastles|naam gastles|les|lesaanbod|offer|lesson"),
    _field("description", _l("Description"), "omschrijving|beschrijving|toelichting|inhoud|description|uitleg"),
    _field("topics", _l("Topics"), "onderwerp|onderwerpen|thema|themas|vak|vakken|topics|topic|subject|subjects"),
    _field("levels", _l("Levels"), "niveau|niveaus|doelgroep|leerjaar|level|levels|onderwijsniveau|voor wie"),
    _field("languages", _l("Languages"), "taal|voertaal|talen|language|languages"),
    _field("delivery", _l("At school or online"), "vorm|online|delivery|fysiek of online|op school of online|waar"),
    _field(
        "travel_km",
        _l("Travels at most (km)"),
        "reisafstand|max km|maximale afstand|km|straal|afstand|travels at most km|reist hoogstens km|reisbereidheid",
    ),
    _field(
        "notice_days",
        _l("Days of notice"),
        "dagen vooraf|aanvraagtermijn|hoe lang vooraf|days of notice|aanvragen vooraf|dagen van tevoren|notice",
    ),
    _field(
        "yearly_cap",
        _l("At most per school year"),
        "maximum per jaar|max per jaar|aantal keer per jaar|at most per school year|hoogstens per schooljaar"
        "|keer per jaar",
    ),
    _field("minutes", _l("Minutes"), "minuten|duur|lesduur|minutes|duration|duur in minuten"),
    _field(
        "group_most",
        _l("Pupils at most"),
        "groepsgrootte|maximale groep|max leerlingen|maximum aantal leerlingen|pupils at most|hoogstens leerlingen",
    ),
    _field("state", _l("State"), "status|stand|state"),
)
_VISITS = (
    _field("day", _l("Day"), "datum|dag|date|day|bezoekdatum|datum gastles|wanneer|lesdatum"),
    _field("starts", _l("From"), "begin|van|starttijd|aanvang|begintijd|tijd|start|from|aanvangstijd"),
    _field("ends", _l("Ends at"), "ends at|eind|einde|tot|eindtijd|until|end|to|tot en met"),
    *_SCHOOL,
    _field("school", _l("School"), "school|schoolnaam|naam school|vestigingsnaam|naam vestiging|school name"),
    _field(
        "teacher_email",
        _l("Mail address of the teacher"),
        "e mail docent|email docent|mail docent|docent e mail|docent email|e mailadres docent|e mail leerkracht"
        "|mail address of the teacher|mailadres van de docent",
    ),
    _field(
        "guest_email",
        _l("Mail address of the guest"),
        "e mail gastdocent|email gastdocent|e mail gast|email gast|mail gastdocent|gastdocent e mail|gastdocent email"
        "|mail address of the guest|mailadres van de gastdocent|e mail|email",
    ),
    *_PLACE,
    _POSTCODE,
    _field("title", _l("Title"), "titel|title|onderwerp|gastles|thema|les|vak|topic|lesson"),
    _field("level", _l("Level"), "niveau|klas|groep|leerjaar|level|class"),
    _field("pupils", _l("Pupils"), "leerlingen|aantal leerlingen|pupils|bereikte leerlingen|studenten|aantal"),
    _field("hours", _l("Hours given"), "uren|ingezette uren|aantal uren|hours|hours given"),
    _field(
        "happened",
        _l("Did it take place?"),
        "doorgegaan|gehouden|status|ging door|ging het door|did it take place|gaat het door",
    ),
)
FIELDS: dict[ImportKind, tuple[Field, ...]] = {
    ImportKind.PEOPLE: _PEOPLE,
    ImportKind.OFFERS: _OFFERS,
    ImportKind.VISITS: _VISITS,
}
REQUIRED: dict[ImportKind, tuple[tuple[str, ...], ...]] = {
    ImportKind.PEOPLE: (("organisation", "school", "brin", "kvk", "email"),),
    ImportKind.OFFERS: (("title",), ("email", "organisation", "kvk")),
    ImportKind.VISITS: (("day",), ("brin", "school")),
}
"""Of each group at least one must be there."""

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_LOOKS: dict[str, re.Pattern[str]] = {
    "email": _MAIL,
    "guest_email": _MAIL,
    "kvk": re.compile(r"\d{8}"),
    "brin": re.compile(r"\d{2}[a-z]{2}([ -]?\w{2})?", re.IGNORECASE),
    "postcode": re.compile(r"[1-9]\d{3} ?[a-z]{2}", re.IGNORECASE),
    "phone": re.compile(r"(\+31|0031|0)[ (\-)]*[1-9]([ .()-]*\d){7,9}"),
    "day": re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})|\d{4}-\d{2}-\d{2}"),
    "starts": re.compile(r"\d{1,2}[:.]\d{2}"),
}


def plain_header(text: str) -> str:
    """How headers are compared: folded, only letters and digits, one space between words."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", fold(text)).split())


def shape_of(sheet: Sheet) -> str:
    """The same for every file with these headers, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(plain_header, sheet.columns))).encode()).hexdigest()


def propose(kind: ImportKind, sheet: Sheet) -> dict[str, str]:
    """Header → field, "" for a column that seems to hold nothing of use. Each field once, the surest first."""
    mapping = propose_among(FIELDS[kind], sheet)
    return _names_of_companies(mapping) if kind is ImportKind.PEOPLE else mapping


def propose_among(fields: Sequence[Field], sheet: Sheet) -> dict[str, str]:
    """The same for any list of fields."""
    scores = [
        (_score(field, header, cells), -at, -order, header, field.code)
        for at, (header, cells) in enumerate(_samples(sheet))
        for order, field in enumerate(fields)
    ]
    found: dict[str, str] = {}
    for score, _at, _order, header, code in sorted(scores, reverse=True):
        if score >= ENOUGH and header not in found and code not in found.values():
            found[header] = code
    return {header: found.get(header, "") for header in sheet.columns}


def _names_of_companies(mapping: dict[str, str]) -> dict[str, str]:
    """A list with "Naam" and no other word for the organisation lists organisations."""
    fields = set(mapping.values())
    of_people = {"first_name", "last_name"} & fields
    if {"organisation", "school"} & fields or not (of_people or {"kvk", "brin"} & fields):
        return mapping
    return {header: "organisation" if field == "name" else field for header, field in mapping.items()}


def _samples(sheet: Sheet) -> Iterable[tuple[str, list[str]]]:
    rows = sheet.rows[:SAMPLED]
    for at, header in enumerate(sheet.columns):
        yield header, [cells[at] for _number, cells in rows if cells[at]]


def _score(field: Field, header: str, cells: Sequence[str]) -> float:
    written = plain_header(header)
    names = (*field.names, plain_header(str(field.label)))
    if written in names:
        # Earlier names are the more usual ones: they win from a field that has the same word further down.
        return SURE - 0.01 * names.index(written)
    words = f" {written} "
    if any(len(name) > 3 and (f" {name} " in words) for name in names):
        return LIKELY
    pattern = _LOOKS.get(field.code)
    share = sum(bool(pattern.fullmatch(cell.strip())) for cell in cells) / len(cells) if pattern and cells else 0.0
    return 0.6 * share if share >= 0.85 else 0.0


def corrected(kind: ImportKind, sheet: Sheet, proposed: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """The proposal with what a person said about some columns. Raises InvalidInput for what does not exist."""
    return corrected_among(FIELDS[kind], sheet, proposed, said)


def corrected_among(
    fields: Sequence[Field], sheet: Sheet, proposed: Mapping[str, str], said: Mapping[str, str]
) -> dict[str, str]:
    """The same for any list of fields."""
    known = {plain_header(header): header for header in sheet.columns}
    codes = {field.code for field in fields}
    wanted = {}
    for header, code in said.items():
        if plain_header(header) not in known:
            raise InvalidInput(_("The file has no column “%(name)s”.", name=header[:60]))
        if code and code not in codes:
            raise InvalidInput(
                _("“%(field)s” is no field. Choose from: %(fields)s.", field=code[:40], fields=", ".join(sorted(codes)))
            )
        wanted[known[plain_header(header)]] = code
    taken = {code for code in wanted.values() if code}
    kept = {header: "" if code in taken else code for header, code in proposed.items()}
    return {**kept, **wanted}


def said_in(pairs: Iterable[str]) -> dict[str, str]:
    """What a command was told about columns: "COLUMN=FIELD", with nothing behind it for "leave it out"."""
    found = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals:
            raise InvalidInput(_("Say it as COLUMN=FIELD, not as “%(said)s”.", said=pair[:60]))
        found[column] = field.strip()
    return found


def check_mapping(kind: ImportKind, mapping: Mapping[str, str]) -> None:
    """Raises InvalidInput when two columns would be the same thing, or what nobody can do without is missing."""
    check_among(FIELDS[kind], REQUIRED[kind], mapping)


def check_among(fields: Sequence[Field], required: Iterable[Sequence[str]], mapping: Mapping[str, str]) -> None:
    """The same for any list of fields; of each group in `required` one must be there."""
    used = [code for code in mapping.values() if code]
    labels = {field.code: field.label for field in fields}
    for code in used:
        if used.count(code) > 1:
            headers = [header for header, one in mapping.items() if one == code]
            raise InvalidInput(
                _("Two columns are “%(field)s”: %(columns)s.", field=labels[code], columns=", ".join(headers))
            )
    for group in required:
        if not set(group) & set(used):
            names = ", ".join(str(labels[code]) for code in group)
            raise InvalidInput(_("Say which column is one of these: %(fields)s.", fields=names))


@dataclass(frozen=True)
class Row:
    """One row by field. `headers` tells how the file calls them, for a refusal."""

    number: int
    cells: Mapping[str, str]
    headers: Mapping[str, str]

    def get(self, field: str) -> str:
        return self.cells.get(field, "")

    def header(self, field: str) -> str:
        return self.headers.get(field, "")


def rows_of(sheet: Sheet, mapping: Mapping[str, str]) -> list[Row]:
    at = {code: sheet.columns.index(header) for header, code in mapping.items() if code and header in sheet.columns}
    headers = {code: sheet.columns[position] for code, position in at.items()}
    return [
        Row(number, {code: cells[position] for code, position in at.items()}, headers) for number, cells in sheet.rows
    ]
