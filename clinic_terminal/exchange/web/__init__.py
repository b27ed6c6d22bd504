"""The web face: the messages of the folders as JSON over HTTP, for programs on this machine.

The same core answers them (`exchange/answering.py`); here are sign-in, limits and the server only.
"""
