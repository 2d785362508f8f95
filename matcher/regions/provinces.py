"""What others call the twelve provinces, pure: numbers of GeoNames, two letters, English names."""

from matcher.regions.tree import PROVINCES

PROVINCE_OF_ADMIN1 = {
    "01": "Drenthe",
    "02": "Fryslân",
    "03": "Gelderland",
    "04": "Groningen",
    "05": "Limburg",
    "06": "Noord-Brabant",
    "07": "Noord-Holland",
    "09": "Utrecht",
    "10": "Zeeland",
    "11": "Zuid-Holland",
    "15": "Overijssel",
    "16": "Flevoland",
}

PROVINCE_OF_STATE = {
    "GR": "Groningen",
    "FR": "Fryslân",
    "DR": "Drenthe",
    "OV": "Overijssel",
    "FL": "Flevoland",
    "NH": "Noord-Holland",
    "UT": "Utrecht",
    "ZH": "Zuid-Holland",
    "GE": "Gelderland",
    "NB": "Noord-Brabant",
    "ZE": "Zeeland",
    "LI": "Limburg",
}
_ENGLISH = {
    "north holland": "Noord-Holland",
    "south holland": "Zuid-Holland",
    "north brabant": "Noord-Brabant",
    "friesland": "Fryslân",
}
_BY_NAME = _ENGLISH | {name.casefold(): name for name in PROVINCES}


def province_of(code: str, name: str) -> str | None:
    """The province by the number or letters a list gives it, else by its name; none for what is no province."""
    by_code = PROVINCE_OF_ADMIN1.get(code.zfill(2)) or PROVINCE_OF_STATE.get(code.upper())
    return by_code or _BY_NAME.get(name.casefold().removeprefix("provincie ").strip())
