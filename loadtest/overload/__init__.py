"""Overload: how much of what the machine can do it still does when more is offered."""
