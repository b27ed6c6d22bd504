"""The intake that member files and claim files share: bytes in parts, receiving, the job queue, lines."""
