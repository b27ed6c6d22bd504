"""The fund's state for everybody: `/status`, `/status.json`, and the planned downtimes. Needs no database to answer."""
