"""Operating-system processes: signals, supervision, background processes."""
