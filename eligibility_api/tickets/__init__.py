"""Medical and dispensing tickets (医療券・調剤券) that welfare offices issue for a month."""
