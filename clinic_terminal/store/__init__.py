"""What the terminal keeps between its processes: one SQLite file, values encrypted under a key file.

`store.py` has the calls, `records.py` what is kept. docs/threat-model.md lists each kind and how long it stays.
"""

from clinic_terminal.store.database import has_store
from clinic_terminal.store.store import TerminalStore

__all__ = ["TerminalStore", "has_store"]
