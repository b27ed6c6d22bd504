"""The machine a run happens on: its processes, their processor time and memory, processor affinity, host information."""
