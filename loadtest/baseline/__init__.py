"""`loadtest baseline`: the fund compared with the lowest possible cost of a tap on this machine.

This is the only package of the laboratory that knows internals of the fund: the SQL of the card check, the
making of challenges (it holds the stack's MAC key), and the location of the stack's database.
"""
