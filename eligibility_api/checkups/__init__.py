"""Check-ups: health check-ups (特定健診) of their own members, as insurers send them."""
