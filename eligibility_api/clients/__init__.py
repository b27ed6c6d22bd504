"""Clients of the fund: who asks, with which rights and tokens, and which staff act for a facility."""
