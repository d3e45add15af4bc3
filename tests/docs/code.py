"""Constants of the code, wherever in a package they stand: read from its text, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def words_beside(top: Path, name: str) -> dict[str, str]:
    """{constant: text} of the module below `top` that assigns the constant `name`."""
    for module in _modules(top):
        found = dict(_texts(module))
        if name in found:
            return found
    raise LookupError(f"no module below {top} has {name}")


def keys_of(top: Path, name: str) -> list[str]:
    """The texts that are keys of the dict `name`, which one module below `top` assigns."""
    for module in _modules(top):
        for target, value in _assignments(module):
            if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Dict):
                return [str(key.value) for key in value.keys if isinstance(key, ast.Constant)]
    raise LookupError(f"no module below {top} has the dict {name}")


def texts_of(top: Path, name: str) -> list[str]:
    """The texts of the tuple `name`, which one module below `top` assigns."""
    for module in _modules(top):
        for target, value in _assignments(module):
            if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Tuple):
                return [str(one.value) for one in value.elts if isinstance(one, ast.Constant)]
    raise LookupError(f"no module below {top} has the tuple {name}")


def _modules(top: Path) -> Iterator[ast.Module]:
    return (ast.parse(path.read_text()) for path in sorted(top.rglob("*.py")))


def _assignments(module: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(name, value) of each assignment at the top of a module, also of those with several names."""
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                yield from zip(target.elts, value.elts)
            else:
                yield target, value


def _texts(module: ast.Module) -> Iterator[tuple[str, str]]:
    for target, value in _assignments(module):
        is_public = isinstance(target, ast.Name) and target.id.isupper() and not target.id.startswith("_")
        if is_public and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield ast.unparse(target), value.value
