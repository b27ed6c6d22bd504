"""The report of a run: its figures, what they are judged by, and how they are shown on the console."""
