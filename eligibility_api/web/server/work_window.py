"""How much work a worker has in progress at a time. Pure: the caller passes the time.

More of it makes nothing faster: it only waits inside, behind what is in progress, and then each answer is late. The
window is so large that requests of a kind travel together, and is made smaller while the worker does not do in
`SECONDS_OF_WORK` what it holds, as when other programs need the processor. The last part of it is kept for visits
under way, so that these rarely wait when many new ones arrive.
"""

from __future__ import annotations

from eligibility_api.web.server.request_kind import RequestKind

SECONDS_OF_WORK = 0.2
"""The window holds what the worker does in this time, by its own rate."""

NEW_VISITS_PART = 0.75
"""The part of the window that new visits may use."""

MIN_PART = 0.375
"""The smallest window, as a part of the largest: it still lets requests travel together, and a client alone have its
whole share in progress."""

_STEP = 2.0
"""A window changes by this factor at most in one adaptation, so that one moment decides little."""


class WorkWindow:
    """The work in progress of one worker, in units of `RequestKind.cost`."""

    def __init__(self, largest: float) -> None:
        self._largest = largest
        self.size = largest
        self.in_progress = 0
        self._done = 0
        self._was_full = False
        """Whether a request was not admitted since the last adaptation."""
        self._adapted_at: float | None = None

    def has_capacity(self, *, continues_visit: bool) -> bool:
        """Whether a request may begin now that begins a visit, or continues one."""
        if self.in_progress < (self.size if continues_visit else self.size * NEW_VISITS_PART):
            return True
        self._was_full = True
        return False

    def admits(self, kind: RequestKind) -> bool:
        """Whether a request of a kind may begin now."""
        return not kind.cost or self.has_capacity(continues_visit=kind.continues_visit)

    def begin(self, kind: RequestKind) -> None:
        """A request began, or no longer waits for somebody else."""
        self.in_progress += kind.cost

    def step_aside(self, kind: RequestKind) -> None:
        """A request in progress waits for somebody else, such as another organisation."""
        self.in_progress -= kind.cost

    def end(self, kind: RequestKind) -> None:
        """A request ended."""
        self.in_progress -= kind.cost
        self._done += kind.cost

    def adapt(self, now: float) -> None:
        """Compare the window with the work that was done since the last call, if it was full meanwhile."""
        seconds = now - self._adapted_at if self._adapted_at is not None else 0.0
        if not self._was_full:
            self.size = self._largest
        elif seconds > 0:
            wanted = self._done / seconds * SECONDS_OF_WORK
            bounded = min(max(wanted, self.size / _STEP), self.size * _STEP)
            self.size = min(max(bounded, self._largest * MIN_PART), self._largest)
        self._adapted_at, self._done, self._was_full = now, 0, False
