"""A second, simple reader of valid claim files, written from the layouts (OQS 13), without code of the fund's reader.

Reads the whole file at once, each record as a list of its fields by number, and returns plain values: texts, numbers,
lists, None. `claim_as_dict` in `comparison.py` converts the claims of the fund's reader to the same form.
"""

from __future__ import annotations

from calendar import monthrange
from typing import Any

Record = list[str]

ERA_YEARS = {"1": 1867, "2": 1911, "3": 1925, "4": 1988, "5": 2018}
FORM_ACTS = {"1": "21", "2": "21", "3": "22", "4": "33", "5": "23", "6": "21", "7": "21", "9": None}


HEADERS = ("IR", "YK", "HM", "HI")
DONOR = ("TI", "TR", "TS")


def read(body: bytes, sender: str) -> list[dict[str, Any]]:
    """The claims of a file that `sender` sends, without other branches of medicine and DPC."""
    text = body.decode("cp932").replace("\x1a", "\n").replace("\r", "\n")
    records = [line.split(",") for line in text.split("\n") if line]
    if records[0][0].isdigit():
        records = own_records(records)
    found = []
    for header, claims in sections(records):
        if header[0] not in ("IR", "YK") or (header[0] == "IR" and header[3] == "3"):
            continue
        for claim in claims:
            if not any(record[0] == "BU" for record in claim):
                found.append(read_claim(header, own_treatment(claim), sender))
    return found


def own_records(numbered: list[Record]) -> list[Record]:
    """The records of a file with numbers in front: of each claim those with the number of its RE, and all checks."""
    found: list[Record] = []
    claim: str | None = None
    for number, _, _, *record in numbered:
        if record[0] in ("MN", *HEADERS):
            claim = None
        elif claim is None and record[0] == "RE":
            claim = number
        elif number != claim and record[0] != "SN":
            continue
        found.append(record)
    return found


def own_treatment(records: list[Record]) -> list[Record]:
    """The records of a claim without those of an organ's donor."""
    donor = [place for place, record in enumerate(records) if record[0] in DONOR]
    return records[: donor[0]] if donor else records


def sections(records: list[Record]) -> list[tuple[Record, list[list[Record]]]]:
    """Each header with its claims, each claim with its records."""
    found: list[tuple[Record, list[list[Record]]]] = []
    for record in records:
        if record[0] in HEADERS:
            found.append((record, []))
        elif record[0] == "RE":
            found[-1][1].append([record])
        elif found and found[-1][1]:
            found[-1][1][-1].append(record)
    return found


def read_claim(header: Record, records: list[Record], sender: str) -> dict[str, Any]:
    head = records[0]
    pharmacy = header[0] == "YK"
    month = day_of(head[3] + "01")
    claim: dict[str, Any] = {
        "kind": "pharmacy" if pharmacy else "medical",
        "setting": "pharmacy" if pharmacy else "inpatient" if head[2][3] in "13579" else "outpatient",
        "institution_code": header[2] + header[3] + header[4],
        "institution_name": field(header, 5 if pharmacy else 6),
        "claim_month": day_of(header[6 if pharmacy else 7] + "01"),
        "treatment_month": month,
        "birth_date": day_of(head[6]),
        "prescriber_code": None,
        "prescriber_name": None,
        "drugs": [],
        "acts": [],
        "diseases": [],
        **member(records, sender),
    }
    if pharmacy:
        claim["prescriber_code"] = field(head, 9) and head[9] + head[10] + head[11]
        claim["prescriber_name"] = field(head, 12)
        claim["drugs"] = dispensed(records)
    else:
        claim["diseases"] = [disease(record) for record in records if record[0] == "SY"]
        claim["drugs"], claim["acts"] = treatment(records)
        assert monthrange(int(month[:4]), int(month[5:7]))[1] >= max(
            (day for item in claim["drugs"] + claim["acts"] for day, _ in item["days"]), default=0
        )
    return claim


def member(records: list[Record], sender: str) -> dict[str, Any]:
    """The member of a claim: of the last transfer or else of HO, with the last branch of the same membership."""
    insurance = [record for record in records if record[0] == "HO"]
    if not insurance:
        public = [record for record in records if record[0] == "KO" and record[1] == sender]
        return {"insurer_number": sender, "symbol": None, "number": public[0][2], "branch": None}
    whose = [field(insurance[0], place) for place in (1, 2, 3)]
    branch = None
    for check in (record for record in records if record[0] == "SN" and record[1] == "1"):
        named = [field(check, place) for place in (3, 4, 5)]
        if check[2] in ("04", "05", "11", "12"):
            whose, branch = named, field(check, 6)
        elif field(check, 6) and all(own in (None, other) for own, other in zip(named, whose, strict=True)):
            branch = field(check, 6)
    return {"insurer_number": whose[0], "symbol": whose[1], "number": whose[2], "branch": branch}


def disease(record: Record) -> dict[str, Any]:
    modifiers = field(record, 4) or ""
    return {
        "code": record[1],
        "name": field(record, 5),
        "modifiers": [modifiers[at : at + 4] for at in range(0, len(modifiers), 4)],
        "began_on": day_of(record[2]) if field(record, 2) else None,
        "outcome": field(record, 3),
        "main": field(record, 6) == "01",
    }


def treatment(records: list[Record]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Medicines and acts of a medical claim."""
    drugs, acts = [], []
    for unit in units(records):
        last = unit["records"][-1]
        for record in unit["records"]:
            item = {
                "code": record[3],
                "quantity": field(record, 4),
                "act": unit["act"],
                "times": whole(field(record, 6) or field(last, 6)),
                "days": days(record) or days(last),
            }
            if record[0] == "SI":
                acts.append(item)
            if record[0] == "IY":
                nothing = dict.fromkeys(("dispensed_on", "prescribed_on", "usage_code", "instruction"))
                drugs.append({**item, **nothing, "usage": " ".join(unit["comments"]) or None})
    return drugs, acts


def units(records: list[Record]) -> list[dict[str, Any]]:
    """SI, IY and TO records that form a unit, with their comments."""
    found: list[dict[str, Any]] = []
    unit: dict[str, Any] | None = None
    act: str | None = None
    before: list[str] = []
    for record in records:
        if record[0] not in ("SI", "IY", "TO", "CO"):
            continue
        own = field(record, 1)
        same = own is None or own == act
        if record[0] == "CO":
            text = [expand for expand in (field(record, 4),) if expand]
            if unit is not None and (own is None or (same and not unit["ended"])):
                unit["comments"] += text
            elif own is not None:
                unit, act, before = None, own, text
            else:
                before += text
            continue
        if not same:
            act, before = own, []
        if unit is None or unit["ended"] or not same:
            unit = {"act": act, "records": [], "comments": before, "ended": False}
            before = []
            found.append(unit)
        unit["records"].append(record)
        unit["ended"] = field(record, 5) is not None
    return found


def dispensed(records: list[Record]) -> list[dict[str, Any]]:
    """Medicines of a pharmacy's claim: once per dispensing of their group."""
    drugs: list[dict[str, Any]] = []
    for prescribed, group in dispensing_groups(records):
        code = field(prescribed, 3) and (field(prescribed, 3) or "").rjust(3, "0")
        for dispensing in (record for record in group if record[0] == "CZ"):
            for medicine in (record for record in group if record[0] == "IY"):
                drugs.append(
                    {
                        "code": medicine[2],
                        "quantity": field(medicine, 3),
                        "act": FORM_ACTS[prescribed[2]],
                        "times": int(dispensing[5]),
                        "days": [],
                        "dispensed_on": day_of(dispensing[3]),
                        "prescribed_on": day_of(dispensing[2]) if field(dispensing, 2) else None,
                        "usage_code": code,
                        "usage": field(prescribed, 4) if code == "900" else None,
                        "instruction": field(prescribed, 4) if code != "900" else None,
                    }
                )
    return drugs


def dispensing_groups(records: list[Record]) -> list[tuple[Record, list[Record]]]:
    """Each prescription with the records of one group: a dispensing behind an item begins the next one."""
    found: list[tuple[Record, list[Record]]] = []
    for record in records:
        if record[0] == "SH":
            found.append((record, []))
        elif record[0] in ("CZ", "IY", "TO"):
            letters = [each[0] for each in found[-1][1]]
            behind_item = record[0] == "CZ" and "CZ" in letters and letters[-1] != "CZ"
            if behind_item:
                found.append((found[-1][0], []))
            found[-1][1].append(record)
    return found


def days(record: Record) -> list[list[int]]:
    """The days of a record with the count on each."""
    first = 17 if record[0] == "TO" else 13
    counts = [(place + 1, whole(text or None)) for place, text in enumerate(record[first : first + 31])]
    return [[day, count] for day, count in counts if count]


def field(record: Record, number: int) -> str | None:
    """A field by its number, stripped; None where it is empty or absent."""
    text = record[number].strip(" \u3000") if number < len(record) else ""
    return text or None


def whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def day_of(text: str) -> str:
    """A day in ISO 8601."""
    if len(text) == 7:
        text = f"{ERA_YEARS[text[0]] + int(text[1:3])}{text[3:]}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
