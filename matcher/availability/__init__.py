"""Time shapes: lesson grids, moments, weekly patterns, exceptions, bookings."""
