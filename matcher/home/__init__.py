"""Public pages and one dashboard per role."""
