"""The closed lists of this room: levels of the region tree, holiday regions, where a position came from."""

from enum import StrEnum


class RegionLevel(StrEnum):
    """Depth in the region tree, from the whole country down to the region a school belongs to."""

    COUNTRY = "country"
    LANDSDEEL = "landsdeel"
    REGION = "region"


class HolidayRegion(StrEnum):
    """The three regions of the ministerial regulation on school holidays."""

    NOORD = "noord"
    MIDDEN = "midden"
    ZUID = "zuid"


class PostcodeSource(StrEnum):
    """How a postcode's position is known. Shipped: its place was found, or only its neighbours'. Imported: as GeoNames
    says, or the middle of its schools in the register where GeoNames is far from them."""

    PACKAGE = "package"
    NEIGHBOUR = "neighbour"
    GEONAMES = "geonames"
    REGISTER = "register"


SHIPPED = frozenset({PostcodeSource.PACKAGE, PostcodeSource.NEIGHBOUR})
