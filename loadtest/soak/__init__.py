"""The soak: hours of load with every fault in turn, and what must not have grown at their end: `loadtest soak`."""
