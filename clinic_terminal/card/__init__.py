"""The My Number Card at a reader: commands, status words, and the ways to reach a card.

Nothing here knows the fund, the receptionist, or whether a card is plastic or emulated.
"""
