"""PostgreSQL during a run: its cumulative statistics before and after, and its sessions' wait events."""
