"""Rate of reading claim files in one thread: `python -m tests.benchmarks.claim_reader --claims N`.

Only the reader: no database, no network. The file is generated in parts of the size that the store uses, with claims of
some 20 records each, two thirds medical and one third of pharmacies. Prints one JSON object: claims, records and bytes
per second, and this process's peak memory. `--profile` prints a profile instead.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import resource
import time
from collections.abc import Iterator

from eligibility_api.claims.reading.reader import Reader

INSURER = "01130012"
_PART_BYTES = 256 * 1024
_CLAIMS_PER_SECTION = 400
_DAYS = ["," * (day - 1) + "1" + "," * (31 - day) for day in range(1, 32)]


def _medical(number: int, place: int) -> Iterator[str]:
    day = _DAYS[number % 28]
    born = f"{1940 + number % 80}{1 + number % 12:02d}{1 + number % 28:02d}"
    yield f"RE,{place},1112,202609,試験　見本,{1 + number % 2},{born}" + "," * 31
    yield f"HO,{INSURER},見本{number % 900},{number},1,{number % 3000},,,,,,,,"
    yield f"SN,1,01,{INSURER},見本{number % 900},{number},{number % 4:02d},,"
    for disease in range(3):
        yield f"SY,{(number * 7 + disease) % 9000:07d},20240401,1,,,{'' if disease else '01'},"
    for act in range(7):
        yield f"SI,{(12, 13, 60, 60, 60, 70, 80)[act]},1,{160000000 + number * act % 5000},,{act * 31 % 400},1,,,,,,,{day}"
    for unit in range(2):
        yield f"IY,21,1,{620000000 + number * unit % 9000},{1 + unit}.00,,28,,,,,,,{day}"
        yield f"IY,,1,{610000000 + number * unit % 9000},3.00,{unit + 5},28,,,,,,,{day}"
    yield "CO,,1,810000001,１日３回毎食後"


def _pharmacy(number: int, place: int) -> Iterator[str]:
    born = f"{1940 + number % 80}{1 + number % 12:02d}{1 + number % 28:02d}"
    day = 1 + number % 28
    yield (
        f"RE,{place},4112,202609,試験　見本,1,{born},,,13,1,{number % 10**7:07d},架空診療所,架空県見本市,架空　医師"
        + "," * 27
    )
    yield f"HO,{INSURER},見本{number % 900},{number},1,{number % 3000},,,,,,,"
    yield f"SN,1,01,{INSURER},見本{number % 900},{number},{number % 4:02d},,"
    yield f"JD,1{',' * 31}"
    yield f"MF,00{',' * 31}"
    for group in range(4):
        yield f"SH,{group + 1},1,{group + 1:03d},,12,,,,"
        yield f"CZ,1,202609{day:02d},202609{day:02d},1,28,1{',' * 64}"
        yield f"IY,1,{620000000 + number * group % 9000},3.00,,,,,,"
    yield f"KI,202609{day:02d},1{',' * 111}"


def _sections(claims: int) -> Iterator[str]:
    for first in range(0, claims, _CLAIMS_PER_SECTION):
        numbers = range(first, min(first + _CLAIMS_PER_SECTION, claims))
        pharmacy = first // _CLAIMS_PER_SECTION % 3 == 2
        code = f"{first // _CLAIMS_PER_SECTION:07d}"
        yield (
            f"YK,1,13,4,{code},架空薬局,202610,00,"
            if pharmacy
            else f"IR,1,13,1,{code},,架空診療所,202610,00,"
        )
        points = 0
        for place, number in enumerate(numbers, 1):
            yield from (_pharmacy if pharmacy else _medical)(number, place)
            points += number % 3000
        yield f"GO,{len(numbers)},{points},99"


def _parts(claims: int) -> Iterator[bytes]:
    rest = b""
    for line in _sections(claims):
        rest += f"{line}\r\n".encode("cp932")
        if len(rest) >= _PART_BYTES:
            yield rest[:_PART_BYTES]
            rest = rest[_PART_BYTES:]
    yield rest


class _Measurement:
    """One reading of a file, with its CPU time."""

    def __init__(self, claims: int) -> None:
        self.good = self.bytes = self.lines = 0
        self.seconds = 0.0
        reader = Reader(INSURER)
        for part in _parts(claims):
            self.bytes += len(part)
            self.lines += part.count(b"\n")
            began = time.process_time()
            block = reader.feed(part)
            self.seconds += time.process_time() - began
            assert not block.faults, block.faults[:3]
            self.good += len(block.claims)
        assert not reader.finish().faults
        assert self.good == claims


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=40_000)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    if arguments.profile:
        with cProfile.Profile() as profile:
            _Measurement(arguments.claims)
        profile.print_stats("tottime")
        return
    read = _Measurement(arguments.claims)
    figures = {
        "claims": read.good,
        "records_per_claim": round(read.lines / read.good, 1),
        "claims_per_s": round(read.good / read.seconds),
        "records_per_s": round(read.lines / read.seconds),
        "mib_per_s": round(read.bytes / read.seconds / 2**20, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
