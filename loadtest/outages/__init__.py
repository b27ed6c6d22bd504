"""The real outages of the field, replayed one after the other: `loadtest outage`."""
