"""The declarations of elements: complete, consistent with the code tables, and without a place for a My Number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, StrEnum
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from clinic_terminal.messages import codes, entitlement
from clinic_terminal.messages.elements import Confidence, Element, Group, layout
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.messages.tree import ANNOUNCED_ENCODING, names
from clinic_terminal.messages.xml_codec import MAX_DEPTH
from eligibility_api.contract import codes as fund_codes
from eligibility_api.contract.categories import CATEGORIES

MODELS = [
    *dict.fromkeys(
        model for kind in MESSAGES.values() for model in (kind.request, kind.result) if model is not None
    )
]


def groups(group: type[Group]) -> Iterator[type[Group]]:
    """A group and all groups in it."""
    yield group
    for info in group.model_fields.values():
        for inner in models_in(info.annotation):
            yield from groups(inner)


def models_in(annotation: Any) -> Iterator[type[Group]]:
    if isinstance(annotation, type) and issubclass(annotation, Group):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def enums_in(annotation: Any) -> Iterator[type[Enum]]:
    if get_origin(annotation) is Literal:
        yield from {type(value) for value in get_args(annotation)}
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from enums_in(argument)


GROUPS = [*dict.fromkeys(group for model in MODELS for group in groups(model))]


def fields() -> Iterator[tuple[type[Group], str, FieldInfo, Element]]:
    for group in GROUPS:
        for name, info in group.model_fields.items():
            [element] = [one for one in info.metadata if isinstance(one, Element)]
            yield group, name, info, element


def test_every_field_has_one_element() -> None:
    assert len(GROUPS) > 40
    assert len([*fields()]) > 250


def test_the_names_of_a_group_are_unique_and_xml_names() -> None:
    assert GROUPS
    for group in GROUPS:
        found = [place.name for place in layout(group)]
        assert len(found) == len(set(found)), group
        assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) for name in found), group
        assert not {place.within for place in layout(group) if place.within} & set(found), group


def test_a_message_has_header_and_body_and_is_not_too_deep() -> None:
    assert MODELS
    for model in MODELS:
        assert [place.name for place in layout(model)] == ["MessageHeader", "MessageBody"], model
        assert depth(model) + 1 < MAX_DEPTH, model


def depth(group: type[Group]) -> int:
    places = layout(group)
    return max((1 + bool(one.within) + (depth(one.model) if one.model else 0) for one in places), default=0)


def test_every_element_of_a_message_has_source_and_confidence() -> None:
    for group in GROUPS:
        for place in layout(group):
            if place.name not in ("MessageHeader", "MessageBody"):
                assert place.source, (group, place)
                assert place.confidence in Confidence


def test_every_code_is_of_its_table() -> None:
    checked = set()
    for group, name, info, element in fields():
        enums = {*enums_in(info.annotation)}
        if not enums:
            assert element.code is None or element.prefix, (group, name)
            continue
        [enum] = enums
        if enum is codes.FileCategory:
            continue
        assert element.code, (group, name)
        assert {member.value for member in enum} == set(codes.CODE_TABLES[element.code].values), element.code
        checked.add(element.code)
    assert len(checked) >= 20


def test_every_enumeration_that_names_its_table_has_its_values() -> None:
    checked = 0
    for module in (codes, fund_codes):
        for enum in vars(module).values():
            if isinstance(enum, type) and issubclass(enum, StrEnum) and enum is not StrEnum:
                for code in re.findall(r"OQSCD\d{3}", enum.__doc__ or ""):
                    assert {one.value for one in enum} == set(codes.CODE_TABLES[code].values), (enum, code)
                    checked += 1
    assert checked >= 25


def test_there_are_44_tables() -> None:
    assert [*codes.CODE_TABLES] == [f"OQSCD{number:03d}" for number in range(1, 45)]
    assert all(table.name and table.values for table in codes.CODE_TABLES.values())


def test_no_message_has_a_place_for_a_my_number() -> None:
    found = frozenset[str]().union(*(names(model) for model in MODELS))
    assert len(found) > 200
    assert not [name for name in found if re.search(r"(?i)my.?number|individual.?number|kojin", name)]


def test_the_encoding_is_announced_by_one_element_of_results_only() -> None:
    for kind in MESSAGES.values():
        announced = [place for place in places(kind.result) if place == ANNOUNCED_ENCODING]
        assert len(announced) == 1, kind.prefix
        if kind.request:
            assert ANNOUNCED_ENCODING not in places(kind.request)


def places(group: type[Group]) -> list[str | None]:
    """The code tables of all elements at any depth."""
    return [
        code
        for place in layout(group)
        for code in (place.code, *(places(place.model) if place.model else ()))
    ]


def test_the_elements_of_an_entitlement_stand_in_the_documented_order() -> None:
    found = [place.name for place in layout(entitlement.Entitlement)]
    assert found[:26] == [
        "InsuredCardClassification", "InsurerNumber", "InsuredCardSymbol", "InsuredIdentificationNumber", "InsuredBranchNumber",
        "PersonalFamilyClassification", "InsuredName", "Name", "NameOfOther", "NameKana", "NameOfOtherKana", "Sex1", "Sex2",
        "Birthdate", "Address", "PostNumber", "QualificationDate", "DisqualificationDate", "InsuredCertificateIssuanceDate",
        "InsuredCardValidDate", "InsuredCardExpirationDate", "InsuredPartialContributionRatio", "PreschoolClassification",
        "ReasonOfLoss", "InsurerName", "ElderlyRecipientCertificateInfo",
    ]  # fmt: skip
    assert found[26:29] == [
        "LimitApplicationCertificateRelatedConsFlg",
        "LimitApplicationCertificateRelatedConsTime",
        "LimitApplicationCertificateRelatedInfo",
    ]
    triples = [
        f"{kind}{end}"
        for kind in ("SpecificHealthCheckupsInfo", "PharmacistsInfo", "DiagnosisInfo", "OperationInfo", "DiagnosisName",
                     "InfectiousInfo", "AllergyInfo", "ContraindicationInfo", "TestInfo", "PrescriptionInfo")
        for end in ("ConsFlg", "ConsTime", "AvailableTime")
    ]  # fmt: skip
    assert found[29:] == [
        "SpecificDiseasesCertificateRelatedConsFlg",
        "SpecificDiseasesCertificateRelatedConsTime",
        "SpecificDiseasesCertificateInfo",
        "MedicalTicketInfo",
        *triples,
    ]


def test_every_category_of_consent_has_the_elements_that_its_entry_names() -> None:
    found = {place.name for place in layout(entitlement.Entitlement)}
    assert len(CATEGORIES) == 12
    for entry in CATEGORIES.values():
        assert {f"{entry.element}ConsFlg", f"{entry.element}ConsTime"} <= found
        assert (f"{entry.element}AvailableTime" in found) == entry.medical, entry.element
