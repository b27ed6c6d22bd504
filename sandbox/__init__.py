"""The vendor's console of a sandbox: test persons, virtual readers, the log of requests, faults. Speaks HTTP alone."""
