"""Requests without a card: by number, tomorrow's appointments, reference numbers, histories.

Knows no console.
"""
