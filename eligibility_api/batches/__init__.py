"""Batch checks (一括照会): many look-ups by number, answered in the background at a limited rate."""
