"""A run's report as an HTML page with charts, and as a JSON file of its figures."""
