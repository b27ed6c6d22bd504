"""The load laboratory: puts nationwide load on running services, and checks the answers under it."""
