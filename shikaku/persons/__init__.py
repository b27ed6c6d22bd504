"""The named test persons: hand-written data in `data/`, and the code that reads it. Opens no connection.

Days in the data are `YYYY-MM-DD` or relative to the day of the run (`days.py`), so that boundary days stay
boundary days.
"""
