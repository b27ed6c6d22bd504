"""The scenes that `make demo` plays on a running stack: reception, insurer, pharmacy, load."""
