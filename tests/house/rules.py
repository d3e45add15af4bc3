"""The rules of the house that a program can check: `python -m tests.house.rules [PATH...]`.

CONTRIBUTING.md has the rules. Each function here takes parsed modules and returns one line for each breach.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Union

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("ideolab_f2b", "ideolab_accesslog")
#: modules of one folder
ROOM = 15
#: names that say nothing to a reader who does not know the joke
METAPHORS = (
    "barrier", "carry", "clerk", "desk", "feed", "holdings", "inlet", "keeper", "ledger", "lull", "outlet",
    "tally",
)  # fmt: skip
#: classes that several modules may each have: what fail2ban or Django looks for by this name
_EXPECTED = {"Action", "Command", "Meta", "Media", "Migration"}
#: the last word of a function that is a participle instead of a verb
_PARTICIPLE = re.compile(
    r"(?:\A|_)(?:told|taken|rested|placed|found|kept|left|made|written|held|seen|said|given|known|chosen|begun|"
    r"\w{2,}(?<![es])ed)\Z"
)
#: a former public path that old LOGGING names, a decorator named as those of functools, Django's own name,
#: what can be wanted banned is a noun (Wanted)
_EXCEPTIONS = (
    "ideolab_accesslog/feed.py:1: feed",
    "cached is no verb",
    "lookup_allowed is no verb",
    "parse_wanted is no verb",
)
#: statements that came with Python 3.10 and 3.11; those of 3.9 do not read them
_NEWER_STATEMENTS = ("Match", "TryStar")
_Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


@dataclass(frozen=True)
class Module:
    """One file of the product: its path from the repository's top, and its syntax tree."""

    path: Path
    tree: ast.Module


def read(tops: Sequence[Path]) -> list[Module]:
    """The modules below these folders, without migrations."""
    found = []
    for top in tops:
        for path in sorted(top.rglob("*.py")) if top.is_dir() else [top]:
            if "migrations" not in path.parts:
                found.append(Module(path.resolve().relative_to(REPOSITORY), ast.parse(path.read_text())))
    return found


def product() -> list[Module]:
    """All modules of both packages."""
    return read([REPOSITORY / package for package in PACKAGES])


def _functions(body: Iterable[ast.AST], prefix: str = "") -> Iterator[tuple[str, _Function]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _functions(node.body, f"{node.name}.")


def _is_stub(node: _Function) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...


def _is_property(node: _Function) -> bool:
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in node.decorator_list}
    return bool(names & {"property", "cached_property", "setter"})


def crowded_folders(modules: Sequence[Module]) -> list[str]:
    """Folders with more than ROOM modules."""
    rooms: defaultdict[Path, int] = defaultdict(int)
    for module in modules:
        rooms[module.path.parent] += module.path.stem not in ("__init__", "__main__")
    return [f"{room}: {count} modules, at most {ROOM}" for room, count in rooms.items() if count > ROOM]


def missing_docstrings(modules: Sequence[Module]) -> list[str]:
    """Modules, public classes' methods and public functions without a docstring."""
    lines = []
    for module in modules:
        if not ast.get_docstring(module.tree) and module.tree.body:
            lines.append(f"{module.path}: the module has no docstring")
        for name, node in _functions(module.tree.body):
            is_public = not node.name.startswith("_") and not _is_stub(node)
            if is_public and not ast.get_docstring(node):
                lines.append(f"{module.path}:{node.lineno}: {name} has no docstring")
    return lines


def headless_docstrings(modules: Sequence[Module]) -> list[str]:
    """Docstrings that begin with "Of" or with a small letter: no sentence."""
    lines = []
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, kinds):
                text = ast.get_docstring(node) or ""
                if re.match(r"Of\b", text):
                    lines.append(f"{module.path}:{getattr(node, 'lineno', 1)}: {text[:50]!r}")
    return lines


def crowded_constants(modules: Sequence[Module]) -> list[str]:
    """Several constants in one assignment, unless they number one thing (a run of whole numbers)."""
    lines = []
    for module in modules:
        for node in module.tree.body:
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
                continue
            names = [one.id for one in node.targets[0].elts if isinstance(one, ast.Name)]
            if names and names[0].lstrip("_").isupper() and not _is_enumeration(node.value):
                lines.append(f"{module.path}:{node.lineno}: {', '.join(names)}: one constant a line")
    return lines


def _is_enumeration(value: ast.expr) -> bool:
    """Whether a right side is one thing: `range(n)`, small whole numbers, or short words for one column."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "range"
    kinds = {type(one.value) for one in getattr(value, "elts", []) if isinstance(one, ast.Constant)}
    everything = all(isinstance(one, ast.Constant) for one in getattr(value, "elts", [None]))
    return everything and kinds in ({int}, {str})


def repeated_classes(modules: Sequence[Module]) -> list[str]:
    """One noun for two things: classes of the same name."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{module.path}:{node.lineno}")
    return [
        f"class {name}: {', '.join(where)}"
        for name, where in sorted(places.items())
        if len(where) > 1 and name not in _EXPECTED
    ]


def participles(modules: Sequence[Module]) -> list[str]:
    """Functions whose name is no verb (properties and predicates are nouns and is_/has_)."""
    lines = []
    for module in modules:
        for name, node in _functions(module.tree.body):
            bare = node.name.strip("_")
            if _PARTICIPLE.search(bare) and not _is_property(node) and not bare.startswith(("is_", "has_")):
                lines.append(f"{module.path}:{node.lineno}: {name} is no verb")
    return [line for line in lines if not line.endswith(_EXCEPTIONS)]


def metaphors(modules: Sequence[Module]) -> list[str]:
    """Modules, classes and functions named by a metaphor."""
    pattern = re.compile(rf"(?:\A|_)(?:{'|'.join(METAPHORS)})s?(?:\Z|_)", re.I)
    lines = []
    for module in modules:
        names = [(1, module.path.stem)]
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                names.append((node.lineno, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name)))
        lines += [f"{module.path}:{number}: {name}" for number, name in names if pattern.search(name)]
    return [line for line in lines if not line.endswith(_EXCEPTIONS)]


def missing_tests(modules: Sequence[Module]) -> list[str]:
    """Modules without a test of the same name in the same place below tests/."""
    lines = []
    for module in modules:
        if module.path.stem in ("__init__", "__main__"):
            continue
        package, *rest = module.path.parent.parts
        place = Path("tests", *(["accesslog"] if package == "ideolab_accesslog" else []), *rest)
        if not (REPOSITORY / place / f"test_{module.path.stem}.py").exists():
            lines.append(f"{module.path}: no {place}/test_{module.path.stem}.py")
    return lines


def newer_grammar(modules: Sequence[Module]) -> list[str]:
    """What Python 3.9 cannot read: ruff, which knows the version, lets an assignment in an index pass."""
    lines = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.Set, ast.Subscript)):
                parts = node.elts if isinstance(node, ast.Set) else [node.slice]
                is_newer = any(isinstance(part, ast.NamedExpr) for part in parts)
            else:
                is_newer = type(node).__name__ in _NEWER_STATEMENTS
            if is_newer:
                lines.append(f"{module.path}:{getattr(node, 'lineno', 1)}: Python 3.9 cannot read this")
    return lines


RULES = (
    crowded_folders, missing_docstrings, headless_docstrings, crowded_constants, repeated_classes,
    participles, metaphors, missing_tests, newer_grammar,
)  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Print the breaches below the given paths (all of the product without any), by rule."""
    modules = product()
    tops = [(REPOSITORY / word).resolve().relative_to(REPOSITORY) for word in words]
    for rule in RULES:
        for line in rule(modules):
            if not tops or any(str(top) in line for top in tops):
                print(f"{rule.__name__}: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
