"""The My Number Card at a reader: commands, status words, and the ways to reach a card.

Nothing here knows the fund, the person at the desk, or whether a card is plastic or played by an emulator.
"""
