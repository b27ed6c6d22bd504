"""Shared by member files and claim files: stored parts, receiving, the queue of pending work, streaming."""
