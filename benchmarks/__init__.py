"""Measurements, one file per question; `python -m benchmarks.<file> --json` prints one object per line."""
