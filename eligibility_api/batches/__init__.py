"""Batch checks (一括照会): many memberships asked at once, answered by the worker at its pace."""
