"""Rules as data, proofs seen, blocks and reports."""
