"""The machine of a run: processes with their processor time and memory, affinity, host information."""
