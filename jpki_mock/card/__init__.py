"""The My Number Card as a program: its image, the emulator, and the two ways to present it to a terminal.

`image` is the card as a file, `card` the card as a state machine; `in_process` puts it straight into a
terminal's hands and `vpcd` into a virtual PC/SC reader. Issuing cards is the business of the package above.
"""
