"""What a regional coordinator has on a Monday: one workbook of years, with everything that grew in it. All invented."""

from itertools import product
from typing import Any

# fmt: off
TREES = ("Eik", "Beuk", "Linde", "Wilg", "Berk", "Els", "Hazel", "Iep", "Esdoorn", "Populier", "Den", "Lariks", "Taxus",
         "Vlier", "Meidoorn")
WATERS = ("meer", "beek", "sloot", "plas", "vaart", "bron", "gracht", "kolk", "wiel", "poel")
TRADES = ("Installatie", "Lasserij", "Zorggroep", "Softwarehuis", "Waterbouw", "Bouwbedrijf", "Zonnedak", "Drukkerij",
          "Kaasmakerij", "Scheepswerf", "Accountants", "Garage", "Kwekerij", "Laboratorium", "Sloopbedrijf", "Windpark",
          "Schilderwerk", "Melkfabriek", "Notariaat", "Tandtechniek")
WORDS = ("Bedacht", "Verzonnen", "Fictief", "Denkbeeldig", "Voorbeeld", "Proef", "Schijn", "Droom", "Fantasie", "Ooit",
         "Nergens", "Elders", "Misschien", "Alsof", "Zogenaamd")
# fmt: on
SCHOOLS = [f"{tree}en{water} College" for tree, water in product(TREES, WATERS)]
COMPANIES = [f"{trade} {word}" for word, trade in product(WORDS, TRADES)]
FIRST = ("Anke", "Bram", "Carlijn", "Daan", "Esther", "Foppe", "Gerda", "Hidde", "Ilse", "Jelle")
LAST = ("Visser", "de Boer", "van der Meer", "Hoekstra", "'t Hart", "Bakker", "Postma", "van Dijk", "Wiersma", "Smit")
PC4 = ("8911", "8921", "8601", "9203", "8441")
LESSONS = (
    ("Rekenen aan een warmtepomp", "havo vwo"),
    ("Lassen in de praktijk", "havo en vwo"),
    ("Werken in de thuiszorg", "alle niveaus"),
    ("Programmeren van een webwinkel", "havo, vwo"),
    ("Dijken en waterbeheer", "havo vwo"),
)


def person(at: int) -> str:
    return f"{FIRST[at % 10]} {LAST[at // 10 % 10]}"


def brin(at: int) -> str:
    """A number in the shape of the register, and a location, for the school at this place in the list."""
    return f"7{at % 10}{chr(65 + at // 26 % 26)}{chr(65 + at % 26)}"


def school_rows() -> list[list[Any]]:
    """150 schools and who answers there: half by BRIN, half by name, some with two people, a title and a gap on top."""
    rows: list[list[Any]] = [
        ["Netwerk gastlessen - SCHOLEN (bijgewerkt door Douwe)"],
        [],
        ["School", "BRIN", "Plaats", "Contactpersoon", "E-mail", "Telefoon", "Functie", "Opmerkingen"],
    ]
    for at, name in enumerate(SCHOOLS):
        written = name.upper() if at % 7 == 0 else f"  {name} " if at % 5 == 0 else name
        code = brin(at) if at % 2 == 0 else None
        phone = ("058-2121212", "06 12 34 56 78", "+31 58 212 12 12", None)[at % 4]
        address = (
            f"Docent{at}@School{at}.example" if at % 3 else f"docent{at}@school{at}.example; info@school{at}.example"
        )
        note = "belt liever" if at % 20 == 0 else None
        rows.append(
            [written, code, "Leeuwarden", person(at), address, phone, "docent" if at % 4 else "teamleider", note]
        )
        if at % 50 == 49:
            rows.append([])
    return rows


def company_rows(*, kvk_of_first: str = "61000000") -> list[list[Any]]:
    """300 companies: legal forms, spaces and dots in numbers, no address, "do not approach", the same one twice."""
    rows: list[list[Any]] = [
        ["Bedrijf", "KvK-nummer", "Postcode", "Plaats", "Contactpersoon", "E-mailadres", "Tel.nr", "Niet benaderen"]
    ]
    for at, name in enumerate(COMPANIES):
        written = f"{name} B.V." if at % 4 == 0 else f"{name}  bv" if at % 9 == 0 else name
        kvk = kvk_of_first if at == 0 else f"61 {at:06d}" if at % 6 == 0 else 61_000_000 + at if at % 2 else None
        postcode = f"{PC4[at % 5]}{' ab' if at % 3 else 'AB'}"
        address = None if at % 11 == 10 else f"{FIRST[at % 10].lower()}@bedrijf{at}.example"
        alone = "ja" if at % 60 == 59 else "nee" if at % 25 == 0 else None
        phone = "niet bekend" if at % 40 == 3 else f"06-{10_000_000 + at}"
        rows.append([written, kvk, postcode, "Leeuwarden", person(at + 3), address, phone, alone])
    return rows


def lesson_rows() -> list[list[Any]]:
    """A lesson of each of the first forty companies that have an address."""
    rows: list[list[Any]] = [["E-mail", "Titel", "Omschrijving", "Niveau", "Reisafstand"]]
    known = [at for at in range(len(COMPANIES)) if at % 11 != 10 and at % 60 != 59][:40]
    for number, at in enumerate(known):
        title, levels = LESSONS[number % 5]
        rows.append([f"{FIRST[at % 10].lower()}@bedrijf{at}.example", title, "Met eigen materiaal.", levels, "60 km"])
    return rows
