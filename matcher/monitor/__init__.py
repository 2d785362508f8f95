"""Indicators and charts."""
