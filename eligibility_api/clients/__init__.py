"""Clients of the fund: callers with their rights and tokens, and the staff who act for a facility."""
