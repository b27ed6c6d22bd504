"""Enrolment: what insurers say of their members, and since when the fund knows it."""
