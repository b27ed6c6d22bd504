"""Shapes of load over time, as pure functions: how a day's checks lie in its hours and minutes."""
