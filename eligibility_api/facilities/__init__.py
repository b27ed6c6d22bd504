"""Facilities: admission of institutions, insurers and their clients, registered staff, and tokens."""
