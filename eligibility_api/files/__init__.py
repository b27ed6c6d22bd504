"""What member files and claim files share: stored parts, receiving, the queue of pending work, streaming."""
