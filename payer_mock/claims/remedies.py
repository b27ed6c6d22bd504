"""What people are treated for, and with what: ingredients of the drug master, how they are taken, how long."""

from __future__ import annotations

from typing import NamedTuple

from payer_mock.claims.medicines import COMPOUNDED

ORAL, WHEN_NEEDED, EXTERNAL, AT_HOME, INTRAVENOUS = "21", "22", "23", "14", "32"
"""診療識別 of a medicine. AT_HOME: injected by the patient (在宅自己注射)."""

AFTER_MEALS, AFTER_BREAKFAST, AFTER_SUPPER, AT_BEDTIME, ON_RISING, WRITTEN = (
    "003", "006", "012", "013", "048", "900",
)  # fmt: skip
"""用法コード."""


class Remedy(NamedTuple):
    """A medicine as it is prescribed."""

    ingredient: str
    act: str
    quantity: str
    """For each day or dose; of external medicines in all."""
    usage: str
    times: int = 0
    """Days or doses; 0: the days until the next visit."""
    instruction: str | None = None


class Condition(NamedTuple):
    """An illness and what is taken for it. `choices`: alternatives, of which a patient has one."""

    name: str
    choices: tuple[tuple[Remedy, ...], ...]


_TAPE = Remedy("9905002", EXTERNAL, "28", WRITTEN, 1, "１日１回　患部に貼付")
_PAIN_TABLET = Remedy("9905001", ORAL, "3", AFTER_MEALS)
_MUCOSA = Remedy("9904002", ORAL, "3", AFTER_MEALS)
_STOMACH = Remedy("9904001", ORAL, "1", AFTER_BREAKFAST)
_FEVER = Remedy("9905003", WHEN_NEEDED, "1", WRITTEN, 5, "発熱時　１回１錠")
_INFUSION = Remedy("9906002", INTRAVENOUS, "1", WRITTEN, 1)

CHRONIC = (
    Condition(
        "架空高血圧症",
        (
            (Remedy("9901001", ORAL, "1", AFTER_BREAKFAST),),
            (Remedy("9901002", ORAL, "1", AFTER_BREAKFAST),),
            (Remedy("9901001", ORAL, "1", AFTER_BREAKFAST), Remedy("9901002", ORAL, "1", AFTER_BREAKFAST)),
        ),
    ),
    Condition("架空脂質異常症", ((Remedy("9902001", ORAL, "1", AFTER_SUPPER),),)),
    Condition(
        "架空糖尿病",
        (
            (Remedy("9903001", ORAL, "3", AFTER_MEALS),),
            (Remedy("9903001", ORAL, "3", AFTER_MEALS),),
            (Remedy("9903002", AT_HOME, "2", WRITTEN, 1, "１日１回　就寝前　皮下注射"),),
        ),
    ),
    Condition("架空逆流性食道炎", ((_STOMACH,),)),
    Condition("架空腰痛症", ((_PAIN_TABLET, _MUCOSA), (_TAPE,), (_PAIN_TABLET, _MUCOSA, _TAPE))),
    Condition(
        "架空不眠症",
        (
            (Remedy("9909001", ORAL, "1", AT_BEDTIME),),
            (Remedy("9909002", WHEN_NEEDED, "1", WRITTEN, 10, "不安時　１回１錠"),),
        ),
    ),
    Condition("架空心房細動", ((Remedy("9910002", ORAL, "2", AFTER_BREAKFAST),),)),
    Condition("架空陳旧性心筋梗塞", ((Remedy("9910001", ORAL, "1", AFTER_BREAKFAST), _STOMACH),)),
    Condition("架空甲状腺機能低下症", ((Remedy("9911001", ORAL, "1", AFTER_BREAKFAST),),)),
    Condition("架空骨粗鬆症", ((Remedy("9912001", ORAL, "1", ON_RISING, 4, "週１回　起床時"),),)),
    Condition("架空便秘症", ((Remedy("9913001", ORAL, "3", AFTER_MEALS),),)),
    Condition("架空気管支喘息", ((Remedy("9908002", EXTERNAL, "1", WRITTEN, 1, "１日２回　吸入"),),)),
)
"""Taken month after month."""

YOUNG_CHRONIC = (
    Condition("架空気管支喘息", ((Remedy("9908002", EXTERNAL, "1", WRITTEN, 1, "１日２回　吸入"),),)),
    Condition("架空アトピー性皮膚炎", ((Remedy("9915001", EXTERNAL, "50", WRITTEN, 1, "１日２回　塗布"),),)),
)
"""What children have of them."""

HAY_FEVER = Condition(
    "架空花粉症",
    (
        (Remedy("9907001", ORAL, "1", AT_BEDTIME, 28),),
        (
            Remedy("9907001", ORAL, "1", AT_BEDTIME, 28),
            Remedy("9907002", EXTERNAL, "1", WRITTEN, 1, "１日１回　点鼻"),
        ),
        (
            Remedy("9907001", ORAL, "1", AT_BEDTIME, 28),
            Remedy("9907003", EXTERNAL, "5", WRITTEN, 1, "１日４回　両眼に点眼"),
        ),
    ),
)

INFECTION = Condition(
    "架空上気道炎",
    (
        (Remedy("9908001", ORAL, "3", AFTER_MEALS, 5), _FEVER),
        (Remedy("9906001", ORAL, "3", AFTER_MEALS, 5), Remedy("9908001", ORAL, "3", AFTER_MEALS, 5), _FEVER),
        (Remedy("9906001", ORAL, "3", AFTER_MEALS, 7), _INFUSION),
    ),
)

CHILD_INFECTION = Condition(
    "架空上気道炎",
    ((Remedy("9914001", ORAL, "1.5", AFTER_MEALS, 4),), (Remedy("9914001", ORAL, "2", AFTER_MEALS, 5),)),
)

OTHER_ACUTE = (
    Condition(
        "架空頭痛",
        ((Remedy("9905001", WHEN_NEEDED, "1", WRITTEN, 10, "疼痛時　１回１錠"), _MUCOSA._replace(times=5)),),
    ),
    Condition("架空捻挫", ((_PAIN_TABLET._replace(times=7), _MUCOSA._replace(times=7), _TAPE), (_TAPE,))),
    Condition("架空湿疹", ((Remedy("9915001", EXTERNAL, "20", WRITTEN, 1, "１日２回　塗布"),),)),
    Condition("架空咽頭炎", ((Remedy(COMPOUNDED, EXTERNAL, "30", WRITTEN, 1, "含嗽用"), _FEVER),)),
)
"""At any time of the year. The last one's gargle is compounded by the institution: the master has no price list code of it."""

WITHOUT_MEDICINE = ("架空近視", "架空打撲", "架空肩関節周囲炎", "架空耳垢栓塞")
"""What one sees a doctor for and comes home without a medicine."""
