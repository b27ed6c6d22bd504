"""The nation at the readers: load on running services, and whether every answer was right under it."""
