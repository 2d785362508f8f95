"""A generated world for the demonstration, the benchmarks and the tests. It may know every room; none knows it."""
