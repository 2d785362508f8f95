"""Regular work and longer jobs: when what is due, who does it now, and what became of it."""
