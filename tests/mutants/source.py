"""Mutants of a module's source: every small change of an operator, a constant, a condition or a statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """One change of a module. `name`: the statement before and after, each on one line, without its place."""

    line: int
    name: str
    tree: ast.Module
    node: ast.AST
    change: ast.AST

    @property
    def module(self) -> ast.Module:
        """The whole module as changed."""
        module: ast.Module = _replaced(self.tree, self.node, self.change)
        return module


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of lines.

    Left alone are annotations, type aliases, decorators, imports and docstrings; what an operator, a constant or a
    condition does is changed. A result is replaced by None unless it is a constant.
    """
    tree = ast.parse(source)
    skipped = {id(part) for node in _without_effect(tree) for part in ast.walk(node)}
    found = []
    for statement, node in _with_statements(tree):
        if id(node) in skipped:
            continue
        for change in _changes(node):
            after = _replaced(statement, node, change)
            name = f"{_head(statement)} -> {_head(after)}"
            found.append(Mutant(statement.lineno, name, tree, node, change))
    return sorted(found, key=lambda mutant: mutant.line)


def _with_statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """Every node with the innermost statement that contains it."""

    def visit(node: ast.AST, statement: ast.stmt | None) -> Iterator[tuple[ast.stmt, ast.AST]]:
        inner = node if isinstance(node, ast.stmt) else statement
        if inner is not None:
            yield inner, node
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inner)

    yield from visit(tree, None)


def _without_effect(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from node.decorator_list
                yield from [node.returns] if node.returns else []
            case ast.ClassDef():
                yield from node.decorator_list
            case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
                yield annotation
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                yield node
            case ast.Assign(value=ast.Subscript(value=ast.Name(id=name))) if name[0].isupper():
                yield node  # a type alias
            case ast.Assign(value=ast.Subscript(value=ast.Name(id="tuple" | "dict" | "list"))):
                yield node
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
                yield node
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                yield node


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand instead of a node."""
    match node:
        case ast.expr():
            yield from _of_expression(node)
        case ast.If() | ast.While():
            for value in (True, False) if isinstance(node, ast.If) else (False,):
                yield _with(node, test=ast.Constant(value))
        case ast.comprehension():
            for place in range(len(node.ifs)):
                yield _with(node, ifs=node.ifs[:place] + node.ifs[place + 1 :])
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case (
            ast.Raise() | ast.AugAssign() | ast.Expr(value=ast.Call()) | ast.Assign(targets=[ast.Subscript()])
        ):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _of_expression(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for other in _COMPARISONS[type(operator)]:
                    yield _with(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])
        case ast.BoolOp(op=operator, values=values):
            yield _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
            for place in range(len(values)):
                rest = values[:place] + values[place + 1 :]
                yield _with(node, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp() if type(node.op) in _OPERATORS:
            yield _with(node, op=_OPERATORS[type(node.op)]())
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield ast.Constant(f"XX{value}")
        case ast.Constant(value=bytes() as value):
            yield ast.Constant(b"XX" + value)


def _with(node: Any, **fields: Any) -> Any:
    """A copy of a node with other fields."""
    return type(node)(**dict(ast.iter_fields(node)) | fields)


def _replaced(tree: Any, node: ast.AST, change: ast.AST) -> Any:
    """A copy of a tree with a node changed; the other nodes are shared or copied."""

    def copy(part: Any) -> Any:
        if part is node:
            return ast.copy_location(change, node) if hasattr(node, "lineno") else change
        if isinstance(part, list):
            return [copy(item) for item in part]
        if isinstance(part, ast.AST):
            copied = type(part)(**{name: copy(value) for name, value in ast.iter_fields(part)})
            return ast.copy_location(copied, part) if hasattr(part, "lineno") else copied
        return part

    return ast.fix_missing_locations(copy(tree))


def _head(statement: ast.stmt) -> str:
    """A statement on one line; of one with a body the first line."""
    return next(line for line in ast.unparse(statement).splitlines() if not line.startswith("@"))
