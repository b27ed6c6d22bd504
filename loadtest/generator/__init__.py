"""Load generators: processes on this or other machines, each with a share of the load, and their coordinator.

A generator reads its assignment from stdin and writes its messages to stdout, one line of JSON each. An
assignment contains the keys of terminals and cards, and is never written to disk.
"""
