"""Batch checks (一括照会): many look-ups by number in one request, answered in the background at a limited rate."""
