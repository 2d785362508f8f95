"""A generated world: used by the demonstration, the benchmarks and the tests. It may know every room; no room knows it."""
