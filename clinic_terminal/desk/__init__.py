"""What the desk asks without a card: by number, for tomorrow's appointments, its own numbers. It knows no console."""
