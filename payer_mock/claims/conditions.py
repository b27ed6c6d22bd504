"""Conditions and their treatments: ingredients of the drug master, how they are taken, for how long."""

from __future__ import annotations

from typing import NamedTuple

from payer_mock.claims.medicines import COMPOUNDED

ORAL, WHEN_NEEDED, EXTERNAL, AT_HOME, INTRAVENOUS = "21", "22", "23", "14", "32"
"""診療識別 of a medicine. AT_HOME: injected by the patient (在宅自己注射)."""

AFTER_MEALS, AFTER_BREAKFAST, AFTER_SUPPER, AT_BEDTIME, ON_RISING, WRITTEN = (
    "003", "006", "012", "013", "048", "900",
)  # fmt: skip
"""用法コード."""


class DrugOrder(NamedTuple):
    """An order for a medicine: ingredient, quantity, usage."""

    ingredient: str
    act: str
    quantity: str
    """Per day or dose; in total for external medicines."""
    usage: str
    times: int = 0
    """Days or doses; 0: the episode's days of supply."""
    instruction: str | None = None


class Condition(NamedTuple):
    """An illness and its treatments. `choices`: alternatives, of which a patient has one."""

    name: str
    choices: tuple[tuple[DrugOrder, ...], ...]


_TAPE = DrugOrder("9905002", EXTERNAL, "28", WRITTEN, 1, "１日１回　患部に貼付")
_PAIN_TABLET = DrugOrder("9905001", ORAL, "3", AFTER_MEALS)
_MUCOSA = DrugOrder("9904002", ORAL, "3", AFTER_MEALS)
_STOMACH = DrugOrder("9904001", ORAL, "1", AFTER_BREAKFAST)
_FEVER = DrugOrder("9905003", WHEN_NEEDED, "1", WRITTEN, 5, "発熱時　１回１錠")
_INFUSION = DrugOrder("9906002", INTRAVENOUS, "1", WRITTEN, 1)

CHRONIC = (
    Condition(
        "架空高血圧症",
        (
            (DrugOrder("9901001", ORAL, "1", AFTER_BREAKFAST),),
            (DrugOrder("9901002", ORAL, "1", AFTER_BREAKFAST),),
            (
                DrugOrder("9901001", ORAL, "1", AFTER_BREAKFAST),
                DrugOrder("9901002", ORAL, "1", AFTER_BREAKFAST),
            ),
        ),
    ),
    Condition("架空脂質異常症", ((DrugOrder("9902001", ORAL, "1", AFTER_SUPPER),),)),
    Condition(
        "架空糖尿病",
        (
            (DrugOrder("9903001", ORAL, "3", AFTER_MEALS),),
            (DrugOrder("9903001", ORAL, "3", AFTER_MEALS),),
            (DrugOrder("9903002", AT_HOME, "2", WRITTEN, 1, "１日１回　就寝前　皮下注射"),),
        ),
    ),
    Condition("架空逆流性食道炎", ((_STOMACH,),)),
    Condition("架空腰痛症", ((_PAIN_TABLET, _MUCOSA), (_TAPE,), (_PAIN_TABLET, _MUCOSA, _TAPE))),
    Condition(
        "架空不眠症",
        (
            (DrugOrder("9909001", ORAL, "1", AT_BEDTIME),),
            (DrugOrder("9909002", WHEN_NEEDED, "1", WRITTEN, 10, "不安時　１回１錠"),),
        ),
    ),
    Condition("架空心房細動", ((DrugOrder("9910002", ORAL, "2", AFTER_BREAKFAST),),)),
    Condition("架空陳旧性心筋梗塞", ((DrugOrder("9910001", ORAL, "1", AFTER_BREAKFAST), _STOMACH),)),
    Condition("架空甲状腺機能低下症", ((DrugOrder("9911001", ORAL, "1", AFTER_BREAKFAST),),)),
    Condition("架空骨粗鬆症", ((DrugOrder("9912001", ORAL, "1", ON_RISING, 4, "週１回　起床時"),),)),
    Condition("架空便秘症", ((DrugOrder("9913001", ORAL, "3", AFTER_MEALS),),)),
    Condition("架空気管支喘息", ((DrugOrder("9908002", EXTERNAL, "1", WRITTEN, 1, "１日２回　吸入"),),)),
)
"""Conditions that are treated every month."""

YOUNG_CHRONIC = (
    Condition("架空気管支喘息", ((DrugOrder("9908002", EXTERNAL, "1", WRITTEN, 1, "１日２回　吸入"),),)),
    Condition(
        "架空アトピー性皮膚炎", ((DrugOrder("9915001", EXTERNAL, "50", WRITTEN, 1, "１日２回　塗布"),),)
    ),
)
"""Those of children."""

HAY_FEVER = Condition(
    "架空花粉症",
    (
        (DrugOrder("9907001", ORAL, "1", AT_BEDTIME, 28),),
        (
            DrugOrder("9907001", ORAL, "1", AT_BEDTIME, 28),
            DrugOrder("9907002", EXTERNAL, "1", WRITTEN, 1, "１日１回　点鼻"),
        ),
        (
            DrugOrder("9907001", ORAL, "1", AT_BEDTIME, 28),
            DrugOrder("9907003", EXTERNAL, "5", WRITTEN, 1, "１日４回　両眼に点眼"),
        ),
    ),
)

INFECTION = Condition(
    "架空上気道炎",
    (
        (DrugOrder("9908001", ORAL, "3", AFTER_MEALS, 5), _FEVER),
        (
            DrugOrder("9906001", ORAL, "3", AFTER_MEALS, 5),
            DrugOrder("9908001", ORAL, "3", AFTER_MEALS, 5),
            _FEVER,
        ),
        (DrugOrder("9906001", ORAL, "3", AFTER_MEALS, 7), _INFUSION),
    ),
)

CHILD_INFECTION = Condition(
    "架空上気道炎",
    (
        (DrugOrder("9914001", ORAL, "1.5", AFTER_MEALS, 4),),
        (DrugOrder("9914001", ORAL, "2", AFTER_MEALS, 5),),
    ),
)

OTHER_ACUTE = (
    Condition(
        "架空頭痛",
        (
            (
                DrugOrder("9905001", WHEN_NEEDED, "1", WRITTEN, 10, "疼痛時　１回１錠"),
                _MUCOSA._replace(times=5),
            ),
        ),
    ),
    Condition("架空捻挫", ((_PAIN_TABLET._replace(times=7), _MUCOSA._replace(times=7), _TAPE), (_TAPE,))),
    Condition("架空湿疹", ((DrugOrder("9915001", EXTERNAL, "20", WRITTEN, 1, "１日２回　塗布"),),)),
    Condition("架空咽頭炎", ((DrugOrder(COMPOUNDED, EXTERNAL, "30", WRITTEN, 1, "含嗽用"), _FEVER),)),
)
"""At any time of the year. The gargle of the last one is compounded by the institution: the master has no
price list code for it.
"""

WITHOUT_MEDICINE = ("架空近視", "架空打撲", "架空肩関節周囲炎", "架空耳垢栓塞")
"""Conditions treated without medicines."""
