"""Operating-system processes: signals, supervision, and running commands."""
