"""How near the fund comes to the floor: the least that a tap can cost on this machine, measured beside it in one run.

Alone in the laboratory this package knows something of the fund's inside: the text of the hot statement, how a challenge
is minted (it holds the house's MAC key), and where the house's database is.
"""
