"""What PostgreSQL tells of a run: its cumulative statistics before and after, and what its sessions waited for."""
