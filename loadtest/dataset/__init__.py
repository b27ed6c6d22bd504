"""The dataset of a run: residents, member files, cards with keys, facilities with terminals.

Everything is created by the organisations' own commands and interfaces: residents and certificates at J-LIS,
members by uploads, cards by first registration, terminals by admission. Only the bulk population is loaded
into the database directly.
"""
