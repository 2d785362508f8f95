"""The numbers room: facts in, scores and reasons out. Imports nothing of ours."""
