"""Eligibility, suggestions, proposals, matches and decisions: the heart."""
