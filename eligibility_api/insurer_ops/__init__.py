"""The insurers' back office: mismatches, change feed, statistics, correction lists, paper certificates."""
