"""Glue between Flask and the rooms. It knows no feature."""
