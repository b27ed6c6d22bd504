"""The named test persons: data in `data/`, written by hand, and what is read from it. Nothing here talks to anybody.

Days in the data are `YYYY-MM-DD`, or written from the day of the story on (`days.py`), so that edges of days stay edges.
"""
