"""Does the memory of the API's workers grow? One that never stops growing ends a service that nothing else ends."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from loadtest.machine.costs import API
from loadtest.machine.sampling import Sample

WARM_UP = 0.2
"""The first share of a run: caches and pools fill, which is no growth."""

_LEAST_SAMPLES = 20


def memory_growth(samples: Sequence[Sample]) -> float | None:
    """By which share the workers' memory grew from the first half of a run to its second, by the medians of each.

    None where it cannot be said: too short a run, or a worker that did not live all through it.
    """
    warm = samples[int(len(samples) * WARM_UP) :]
    workers = {name for sample in warm for name in sample.processes if name.startswith(API)}
    if len(warm) < _LEAST_SAMPLES or any(workers - sample.processes.keys() for sample in warm):
        return None
    memory = [sum(sample.processes[name].memory_mib for name in workers) for sample in warm]
    half = len(memory) // 2
    before, after = median(memory[:half]), median(memory[half:])
    return after / before - 1 if before else None
