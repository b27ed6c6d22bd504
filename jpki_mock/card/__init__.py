"""The My Number Card as a program: its image, the emulator, and the two ways to present it to a terminal.

`image` is the card as a file, `card` the card as a state machine; `in_process` connects it to a terminal in
the same process, `vpcd` to a virtual PC/SC reader. `personalisation` issues cards.
"""
