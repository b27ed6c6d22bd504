"""Time of a tap by parts: `python -m tests.benchmarks.tap_over_pcsc`. Same requirements as the PC/SC tests.

Starts the stack and a virtual reader, then taps one card alternately in the reader and in process. Prints medians.
"""

from __future__ import annotations

from statistics import median

from tests.builders.stack import populated_stack
from tests.pcsc.sandbox import PcscSandbox

TAPS = 15
PARTS = ("total", "waiting", "network", "card", "software")


def main() -> None:
    """Measure and print."""
    with populated_stack() as stack, stack.cold(), PcscSandbox() as sandbox:
        card = stack.card("valid")
        readings: dict[str, list[dict[str, float]]] = {"reader": [], "in process": []}
        for _ in range(TAPS):
            readings["in process"].append(stack.tap("--card", card)["timings_ms"])
            sandbox.insert(0, card)
            readings["reader"].append(stack.tap(**sandbox.socket_variables)["timings_ms"])
            sandbox.remove(0)
    print(f"{'':12}" + "".join(f"{part:>10}" for part in (*PARTS, "APDUs", "own share")))
    for name, taps in readings.items():
        figures = [median(tap[part] for tap in taps) for part in (*PARTS, "apdus")]
        # The emulated card adds no delay: all but waiting and network is software, the PC/SC stack included.
        share = median(tap["total"] - tap["waiting"] - tap["network"] for tap in taps)
        print(f"{name:12}" + "".join(f"{figure:10.1f}" for figure in (*figures, share)))


if __name__ == "__main__":
    main()
