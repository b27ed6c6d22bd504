"""The fund's part of the sandbox: faults on demand, and a log of requests. In production none of it is imported."""
