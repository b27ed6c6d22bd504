"""Which mutants a module has, and what is left alone."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.source import mutants


def named(source: str) -> list[str]:
    return [mutant.name for mutant in mutants(source)]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("x = a < b", ["x = a <= b", "x = a >= b"]),
        ("x = a < b <= c", ["x = a <= b <= c", "x = a >= b <= c", "x = a < b < c", "x = a < b > c"]),
        ("x = a == b", ["x = a != b"]),
        ("x = a is None", ["x = a is not None"]),
        ("x = a in b", ["x = a not in b"]),
        ("x = a and b", ["x = a or b", "x = b", "x = a"]),
        ("x = a or b or c", ["x = a and b and c", "x = b or c", "x = a or c", "x = a or b"]),
        ("x = not a", ["x = a"]),
        ("x = -a", ["x = a"]),
        ("x = a + b", ["x = a - b"]),
        ("x = a // b", ["x = a * b"]),
        ("x = a % b", ["x = a * b"]),
        ("x = a | b", ["x = a & b"]),
        ("x = a @ b", []),
        ("x = 1", ["x = 2"]),
        ("x = True", ["x = False"]),
        ("x = 'a'", ["x = 'XXa'"]),
        ("x = b'a'", ["x = b'XXa'"]),
        ("x = None", []),
        ("x = a if b else c", ["x = a", "x = c"]),
        ("x = [a for a in b if c]", ["x = [a for a in b]"]),
        ("x[a] = b", ["pass"]),
        ("x += a", ["pass"]),
        ("f(a)", ["pass"]),
        ("raise a", ["pass"]),
    ],
)
def test_a_statement_is_changed_in_every_small_way(source: str, changed: list[str]) -> None:
    assert named(source) == [f"{source} -> {change}" for change in changed]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("def f():\n    return a", ["return a -> return None"]),
        ("def f():\n    return False", ["return False -> return True"]),
        ("def f():\n    return", []),
        ("if a:\n    b", ["if a: -> if True:", "if a: -> if False:"]),
        ("while a:\n    b", ["while a: -> while False:"]),
        ("for a in b:\n    continue", ["continue -> break"]),
        ("for a in b:\n    break", ["break -> continue"]),
    ],
)
def test_control_flow_is_changed_by_its_first_line(source: str, changed: list[str]) -> None:
    assert named(source) == changed


@pytest.mark.parametrize(
    "source",
    [
        '"""A module."""',
        'def f():\n    """A function."""',
        'x = a\n"""A value."""',
        "from a import b",
        "def f(x: Literal[1] = a) -> Literal[2]: ...",
        "@g(1)\ndef f(): ...",
        "@g(slots=True)\nclass C: ...",
        "class C:\n    x: Literal['a']",
        "Pair = tuple[Literal[1], ...]",
        "T = TypeVar('T')",
        "__all__ = ['f']",
        "Mark = Callable[[Literal['a']], None]",
    ],
)
def test_what_has_no_effect_on_the_rules_is_left_alone(source: str) -> None:
    assert named(source) == []


def test_a_default_value_is_changed_though_its_annotation_is_not() -> None:
    assert named("x: Literal[1] = 2") == ["x: Literal[1] = 2 -> x: Literal[1] = 3"]


def test_each_mutant_is_the_whole_module_with_one_change() -> None:
    source = "def f(a):\n    if a > 1:\n        return a\n    return 0"
    found = mutants(source)
    lines = [
        {(one, other) for one, other in zip(source.splitlines(), ast.unparse(mutant.module).splitlines(), strict=True)
         if one != other}
        for mutant in found
    ]  # fmt: skip
    assert [len(changed) for changed in lines] == [1] * len(found)
    assert [mutant.line for mutant in found] == [2, 2, 2, 2, 2, 3, 4]
    for mutant in found:
        compile(mutant.module, "m", "exec")


def test_the_source_itself_stays_as_it_was() -> None:
    source = "x = a < 1"
    assert named(source) == named(source)
