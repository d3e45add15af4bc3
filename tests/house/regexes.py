"""Every compiled regex of the product, and texts that make a bad one slow: `python -m tests.house.regexes`.

A pattern is found in the globals of the modules, in classes and containers, and in the filters as fail2ban
builds them. The texts are made from the pattern itself: each of its repeats goes on, after what stands
before it, and with an end that does not match.
"""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import re
import string
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from importlib.machinery import SourceFileLoader
from itertools import product
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import Any, Callable, NamedTuple, Optional

import django

from tests.lab import cpu

if sys.version_info >= (3, 11):
    from re import _constants as sre  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_constants as sre
    import sre_parse as parser

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.accesslog.settings")
django.setup()

from ideolab_accesslog.traship import classify  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("ideolab_f2b", "ideolab_accesslog")
#: characters: the small ones find what grows with a power, before it takes an hour
SMALL_SIZES = (20, 40, 80, 160, 512)
SIZES = (2048, 4096, 8192)
#: seconds of one call with the greatest size; with a smaller one twice its part of it
BOUND_S = 0.030
#: what is so quick with 2,048 characters is not asked with more: the square would take twenty times as long
CHEAP_S = 0.0003
#: twice the text takes twice the time, and four times where the square counts; shorter times say nothing
GROWTH, GROWS_FROM_S = 3.0, 0.001
#: how often a slow call is asked again before it counts: a busy machine slows one of them, not all
AGAIN = 5
#: texts of one pattern, and their ends
SHAPES = 60
ENDS = ("", "\0", "!\n", " x")
#: patterns whose texts are cut before: the greatest size, and the method of those in a container
CUT = {
    # in root's own jail.local, where nobody repeats the first line of our block a hundred times
    "ideolab_f2b.check.server.BLOCK": (2048, ("search",)),
    "ideolab_accesslog.traship.rules.PATTERNS": (classify.SEGMENT_MAX, ("fullmatch",)),
    "ideolab_accesslog.traship.rules.ARCHIVED": (classify.SEGMENT_MAX, ("fullmatch",)),
    "ideolab_accesslog.traship.rules.DOMAIN": (classify.SEGMENT_MAX, ("fullmatch",)),
    "ideolab_accesslog.traship.rules.ENV": (classify.SEGMENT_MAX, ("fullmatch",)),
}
_METHODS = {"sub": "findall", "subn": "findall", "finditer": "findall", "split": "findall"}
_CATEGORIES = {
    sre.CATEGORY_DIGIT: "7", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "a", sre.CATEGORY_NOT_SPACE: "a", sre.CATEGORY_NOT_WORD: "-",
}  # fmt: skip


class Found(NamedTuple):
    """One pattern: where it stands, and the methods with which the product asks it."""

    place: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...]


class Slow(NamedTuple):
    """One text that takes too long."""

    place: str
    method: str
    size: int
    seconds: float
    text: str


def modules() -> Iterator[ModuleType]:
    """All modules of both packages, the actions and the root helper."""
    for package in PACKAGES:
        top = importlib.import_module(package)
        for found in pkgutil.walk_packages(top.__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)
    for path in (*sorted(REPOSITORY.glob("action.d/*.py")), REPOSITORY / "scripts" / "ideolab-fw-ip"):
        name = f"regexes_{re.sub(r'[^a-z0-9]', '_', path.name)}"
        loader = SourceFileLoader(name, str(path))
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        yield module


def patterns(found: Iterable[ModuleType]) -> list[Found]:
    """The patterns of the modules, each once."""
    kept: dict[re.Pattern[Any], Found] = {}
    for module in found:
        for name, value in list(vars(module).items()):
            for pattern in _patterns_in(value, module.__name__, 4):
                place = f"{module.__name__}.{name}"
                kept.setdefault(pattern, Found(place, pattern, methods(module, name)))
    return list(kept.values())


def _patterns_in(value: Any, module: str, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, Mapping):
        for part in (*value.keys(), *value.values()):
            yield from _patterns_in(part, module, depth - 1)
    elif depth and isinstance(value, (tuple, list, set, frozenset)):
        for part in value:
            yield from _patterns_in(part, module, depth - 1)
    elif depth and getattr(value, "__module__", None) == module and hasattr(value, "__dict__"):
        for part in list(vars(value).values()):
            yield from _patterns_in(part, module, depth - 1)


def methods(module: ModuleType, name: str) -> tuple[str, ...]:
    """The methods that the product calls on a global; all of them where none is called by this name."""
    source = _source() if not name.startswith("_") else Path(str(module.__file__)).read_text()
    called = re.findall(
        rf"\b{re.escape(name)}\.(search|match|fullmatch|findall|finditer|subn?|split)\b", source
    )
    if not called:
        called = ["search", "match", "fullmatch"]
    return tuple(sorted({_METHODS.get(method, method) for method in called}))


@lru_cache(maxsize=1)
def _source() -> str:
    paths = [path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py")]
    return "\n".join(path.read_text() for path in paths)


def filters() -> list[Found]:
    """The failregex, prefregex and dates of filter.d in each mode, as fail2ban compiles them."""
    from fail2ban.client.filterreader import FilterReader
    from fail2ban.server.datedetector import DateDetector
    from fail2ban.server.failregex import FailRegex, Regex

    kept: dict[str, Found] = {}
    for path in sorted(REPOSITORY.glob("filter.d/*.conf")):
        names = re.findall(r"^mdre-([a-z0-9-]+) *=", path.read_text(), re.M) or [""]
        for mode in names:
            options = {"mode": mode} if mode else {}
            reader = FilterReader(path.stem, "jail", options, basedir=str(REPOSITORY), share_config=None)
            reader.read()
            reader.getOptions(None)
            for words in reader.convert():
                verb, values = words[2], words[3:]
                place = f"filter.d/{path.name}[{mode}] {verb}"
                for value in values[-1] if isinstance(values[-1], (list, tuple)) else [values[-1]]:
                    if verb == "prefregex" or (verb in ("addfailregex", "multi-set") and "<" in str(value)):
                        made = (Regex if verb == "prefregex" else FailRegex)(value)
                        kept.setdefault(made.getRegex(), Found(place, made._regexObj, ("search",)))
                    elif verb == "datepattern":
                        detector = DateDetector()
                        for line in value.splitlines():
                            detector.appendTemplate(line)
                        for one in detector.templates:
                            one.template.matchDate("")
                            pattern = getattr(one.template, "_cRegex", None)
                            if pattern is not None:
                                kept.setdefault(pattern.pattern, Found(place, pattern, ("search",)))
    return list(kept.values())


def shapes(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """What stands before, and what is repeated then: what fits the pattern up to one of its repeats."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    repeats: list[tuple[str, str]] = []
    _collect(tree, "", repeats)
    whole = [("", unit) for unit in _units(tree)]
    return list(dict.fromkeys([*whole, *repeats]))[:SHAPES]


def text(shape: tuple[str, str], end: str, size: int) -> str:
    """The text of `size` characters."""
    before, unit = shape
    return before + (unit * (size // len(unit) + 1))[:size] + end


def _collect(tree: Any, before: str, found: list[tuple[str, str]]) -> str:
    """Add (what stands before, unit) of each repeat in the tree; return what stands before what follows."""
    for operation, argument in tree:
        if operation in _REPEATS:
            _least, most, body = argument
            samples = _samples(body)
            if most > 30:
                found += [(before, sample) for sample in samples if sample]
                joined = "".join(samples)
                found.append((before, joined or "a"))
            _collect(body, before, found)
            before += (samples[0] if _least else "") * min(max(_least, 1), 30)
        elif operation is sre.BRANCH:
            for branch in argument[1]:
                _collect(branch, before, found)
            before += _samples([(operation, argument)])[0]
        elif operation is sre.SUBPATTERN:
            before = _collect(argument[3], before, found)
        elif str(operation) == "ATOMIC_GROUP":
            before = _collect(argument, before, found)
        elif operation in (sre.ASSERT, sre.ASSERT_NOT):
            _collect(argument[1], before, found)
        else:
            before += _samples([(operation, argument)])[0]
    return before


_REPEATS = [sre.MAX_REPEAT, sre.MIN_REPEAT] + (
    [sre.POSSESSIVE_REPEAT] if hasattr(sre, "POSSESSIVE_REPEAT") else []
)


def _samples(tree: Any, most: int = 4) -> list[str]:
    """Up to `most` texts that fit a part of a pattern."""
    texts = [""]
    for operation, argument in tree:
        choices = _choices(operation, argument)[:most]
        texts = [text + choice for choice in choices for text in texts][:most]
    return texts


def _choices(operation: Any, argument: Any) -> list[str]:
    if operation is sre.LITERAL:
        return [chr(argument)]
    if operation is sre.NOT_LITERAL:
        return [next(char for char in "a.- " if ord(char) != argument)]
    if operation is sre.ANY:
        return ["a", "."]
    if operation is sre.IN:
        return _members(argument)
    if operation in _REPEATS:
        least, _most, body = argument
        return [text * max(least, 1) for text in _samples(body)] + ([""] if not least else [])
    if operation is sre.BRANCH:
        return [text for branch in argument[1] for text in _samples(branch, 1)]
    if operation is sre.SUBPATTERN:
        return _samples(argument[3])
    return _samples(argument) if str(operation) == "ATOMIC_GROUP" else [""]


def _members(items: Any) -> list[str]:
    """Some characters of a class; of a negated one some that are not in it."""
    inside: list[str] = []
    for operation, argument in items:
        if operation is sre.LITERAL:
            inside.append(chr(argument))
        elif operation is sre.RANGE:
            inside.append(chr(argument[0]))
        elif operation is sre.CATEGORY:
            inside.append(_CATEGORIES.get(argument, "a"))
    if not items or items[0][0] is not sre.NEGATE:
        return inside[:4] or ["a"]
    compiled = re.compile(f"[{re.escape(''.join(inside))}]") if inside else None
    return [char for char in "a.-/ 7" if compiled is None or not compiled.match(char)][:3] or ["a"]


def _units(tree: Any) -> Iterator[str]:
    """What is repeated from the first character on: the literals of the pattern, and texts that fit it."""
    literals: dict[str, None] = {}

    def walk(part: Any) -> None:
        for operation, argument in part:
            if operation is sre.LITERAL:
                literals.setdefault(chr(argument))
            elif operation in _REPEATS:
                walk(argument[2])
            elif operation is sre.BRANCH:
                for branch in argument[1]:
                    walk(branch)
            elif operation is sre.SUBPATTERN:
                walk(argument[3])
            elif operation is sre.IN:
                literals.update(dict.fromkeys(_members(argument)))

    walk(tree)
    found = [char for char in literals if char not in string.ascii_letters or len(literals) < 12][:12]
    yield from (*found, "a", " ", ".", "/", "1")
    yield from filter(None, _samples(tree))


def seconds(ask: Callable[[Any], object], text: Any) -> float:
    """The least CPU time of up to three calls."""
    least = 9.0
    for _ in range(3):
        least = min(least, cpu.measure(partial(ask, text)))
        if least < CHEAP_S or least > 10 * BOUND_S:
            break
    return least


def find_slow(found: Found) -> Optional[Slow]:
    """The first text that takes too long, of those that the product may ask the pattern about."""
    largest, methods = CUT.get(found.place, (SIZES[-1], found.methods))
    is_bytes = isinstance(found.pattern.pattern, bytes)
    for method, shape, end in product(methods, shapes(found.pattern), ENDS):
        ask, before = getattr(found.pattern, method), 0.0
        shorter: Any = b"" if is_bytes else ""
        for size in (*SMALL_SIZES, *SIZES):
            size = min(size, largest)
            if size > SIZES[0] and before < CHEAP_S:
                break
            made = text(shape, end, size)
            asked = made.encode("latin-1", "replace") if is_bytes else made
            taken = seconds(ask, asked)
            for _ in range(AGAIN):
                if not is_slow(size, before, taken):
                    break
                # somebody else had the processor: both once more
                before = max(before, seconds(ask, shorter))
                taken = min(taken, seconds(ask, asked))
            if is_slow(size, before, taken):
                return Slow(found.place, method, size, taken, f"{shape!r} {end!r}")
            if size == largest:
                break
            before, shorter = taken, asked
    return None


def is_slow(size: int, before: float, taken: float) -> bool:
    """Whether a call takes too long for its size, or much longer than that with half of it."""
    grows = size > SIZES[0] and before > GROWS_FROM_S and taken > GROWTH * before
    return grows or taken > min(BOUND_S, BOUND_S * max(size, 1024) / 8192 * 2)


if __name__ == "__main__":
    for one in (*patterns(modules()), *filters()):
        began = process_time()
        print(
            find_slow(one) or "",
            end="\n" if process_time() - began < 0.5 else f" {process_time() - began:.1f} s\n",
        )
