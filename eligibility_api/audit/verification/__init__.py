"""The parts of the offline verifier of exported audit records (`audit/verifier.py`); nothing of the server."""
