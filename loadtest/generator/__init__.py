"""Generators: processes that bring the load, each its share, on this machine or on others; and who conducts them.

A generator is told everything over its standard input, and says everything over its standard output: a line of JSON
each. What it is told holds the terminals' and cards' keys, and is never written to a disk.
"""
