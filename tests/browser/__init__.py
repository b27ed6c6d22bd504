"""Browser tests. A package, so that they share one browser in each process."""
