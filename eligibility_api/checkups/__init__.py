"""Health check-ups (特定健診) of their own members, uploaded by insurers."""
