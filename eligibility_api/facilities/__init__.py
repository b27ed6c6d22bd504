"""Facilities: institutions, insurers, their clients, keys, rights and tokens."""
