"""Locust as the conductor: it commands how many checks a second arrive, and shows what the generators measured.

Its users send nothing. A user stands for one check a second: it adds to the rate of its worker's engine, which is the
laboratory's own, in a thread with an event loop of its own (decision 008). The engine's visits begin at their instants
whatever is unanswered, and latencies count from there.
"""
