"""The nation that taps: its residents and what their insurers said of them, cardholders with keys, terminals with theirs.

Everything comes about by the organisations' own ways: residents and certificates at J-LIS, members by uploads, cards by
first registration, terminals by admission.
"""
