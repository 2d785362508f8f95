"""Which routes lead to teaching: reviewed data with source and date, and what fits whom. Never a promise."""
