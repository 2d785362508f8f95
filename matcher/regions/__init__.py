"""Country, landsdelen, regions, postcodes, distance and school holidays."""
