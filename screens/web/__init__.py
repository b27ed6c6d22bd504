"""Serving pages on this machine: checks of requests, sessions, log-in, server-sent events, static files."""
