"""The product keeps the rules of the house, and each rule can tell when it does not."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.rules import Module

Rule = Callable[[Sequence[Module]], list[str]]
#: modules that have a test of their own name in their own place; the rest is covered by scenarios
MIRRORED = 0.85


def module(path: str, text: str) -> Module:
    """A module as it would be read from `path`."""
    return Module(Path(path), ast.parse(text))


@pytest.mark.parametrize("rule", [one for one in rules.RULES if one is not rules.missing_tests])
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    """Each line is a place to mend."""
    assert rule(rules.product()) == []


def test_most_modules_have_a_test_of_their_name() -> None:
    """A reader finds the test of a module without a search."""
    modules = [one for one in rules.product() if one.path.stem not in ("__init__", "__main__")]
    missing = rules.missing_tests(modules)

    assert len(missing) <= (1 - MIRRORED) * len(modules), "\n".join(missing)


@pytest.mark.parametrize(
    ("rule", "text", "breach"),
    [
        (
            rules.missing_docstrings,
            '"""A."""\ndef go() -> None:\n    pass\n',
            "a/b.py:2: go has no docstring",
        ),
        (rules.missing_docstrings, "x = 1\n", "a/b.py: the module has no docstring"),
        (rules.headless_docstrings, '"""Of one jail."""\n', "a/b.py:1: 'Of one jail.'"),
        (rules.crowded_constants, "A_S, LIMIT = 1.5, 3\n", "a/b.py:1: A_S, LIMIT: one constant a line"),
        (rules.participles, "def told() -> None: ...\n", "a/b.py:1: told is no verb"),
        (rules.participles, "class A:\n    def _placed(self): ...\n", "a/b.py:2: A._placed is no verb"),
        (rules.newer_grammar, "a = 1\nb[c := a] = 1\n", "a/b.py:2: Python 3.9 cannot read this"),
        (rules.newer_grammar, "{b := 1}\n", "a/b.py:1: Python 3.9 cannot read this"),
        (rules.newer_grammar, "match a:\n    case 1: ...\n", "a/b.py:1: Python 3.9 cannot read this"),
        (rules.metaphors, "class ClerkThread: ...\n", "a/b.py:1: Clerk_Thread"),
    ],
)
def test_a_rule_finds_its_breach(rule: Rule, text: str, breach: str) -> None:
    """A check that cannot fail is none."""
    assert rule([module("a/b.py", text)]) == [breach]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.missing_docstrings, '"""A."""\ndef _go() -> None:\n    pass\n'),
        (rules.crowded_constants, "ADD, DELETE = 1, 2\n"),
        (rules.participles, "class A:\n    @property\n    def is_closed(self): ...\n"),
        (rules.participles, "def need() -> None: ...\ndef address() -> None: ...\n"),
    ],
)
def test_a_rule_leaves_the_rest_alone(rule: Rule, text: str) -> None:
    """Private functions, one enumeration, properties, verbs that look like participles."""
    assert rule([module("a/b.py", text)]) == []


def test_two_classes_of_one_name() -> None:
    """Both places are named."""
    both = [module("a/b.py", "class Row: ...\n"), module("a/c.py", "class Row: ...\n")]

    assert rules.repeated_classes(both) == ["class Row: a/b.py:1, a/c.py:1"]


def test_a_crowded_folder() -> None:
    """The sixteenth module is one too many; __init__ does not count."""
    names = ["__init__", *(f"m{number}" for number in range(16))]

    assert rules.crowded_folders([module(f"a/{name}.py", "") for name in names]) == [
        "a: 16 modules, at most 15"
    ]


def test_a_module_without_its_test() -> None:
    """The Django app's tests stand below tests/accesslog."""
    lost = [module("ideolab_f2b/x/y.py", ""), module("ideolab_accesslog/x/y.py", "")]

    assert rules.missing_tests(lost) == [
        "ideolab_f2b/x/y.py: no tests/x/test_y.py",
        "ideolab_accesslog/x/y.py: no tests/accesslog/x/test_y.py",
    ]
