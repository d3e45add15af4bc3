"""process_state: a test leaves nothing to the next one, and no place where it could is forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ideolab_f2b.actions import metric_sources
from tests.conftest import REPOSITORY
from tests.process_state import LEFT, PUT_BACK, put_back

_EMPTY = {"deque", "dict", "set", "list", "defaultdict", "OrderedDict", "Counter"}


def find_state(text: str) -> Iterator[str]:
    """Yield the names of a module that hold an empty container, and those that its functions rebind."""
    tree = ast.parse(text)
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        value = node.value
        is_call = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _EMPTY
        if is_call or (value is not None and ast.unparse(value) in ("{}", "[]")):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield from [target.id] if isinstance(target, ast.Name) and not target.id.isupper() else []
    for each in ast.walk(tree):
        if isinstance(each, ast.Global):
            yield from (name for name in each.names if "lock" not in name)


def test_what_a_test_leaves_is_put_back() -> None:
    """Also what it has bound anew."""
    with put_back():
        metric_sources.add("left", lambda: [])
        metric_sources._kept = [*metric_sources._kept, *metric_sources.collect()]
        assert "left" in metric_sources._sources
    assert ("left" in metric_sources._sources, metric_sources._kept) == (False, [])


def test_all_state_is_known() -> None:
    """A new one has to be put back, or to be named with the reason why not."""
    found = {}
    for path in sorted(REPOSITORY.glob("ideolab_f2b/**/*.py")):
        names = tuple(sorted(set(find_state(path.read_text()))))
        if names:
            found[".".join(path.relative_to(REPOSITORY).with_suffix("").parts)] = names
    left = {module: (why.partition(":")[0],) for module, why in LEFT.items()}

    assert found == {**PUT_BACK, **left}


def test_state_is_found() -> None:
    """Containers that begin empty, and names that are bound anew; no constant."""
    text = "a = {}\nb: list[int] = []\nc = deque()\nD = {}\ne = {1: 2}\nf = 1\ndef g():\n    global h\n"
    assert [*find_state(text)] == ["a", "b", "c", "h"]
