"""However long a line is and whatever it repeats, a filter looks at it in linear time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab import cpu
from tests.nginx import replay

pytestmark = pytest.mark.needs("fail2ban")

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
LENGTH = 100_000
#: seconds of CPU for one line of LENGTH; a quadratic expression needs minutes
LIMIT_S = 0.5
#: filter and the mode that has all of its expressions
FILTERS = (
    ("nginx-ideolab-slowtls", "extra"),
    ("nginx-ideolab-stalled", "aggressive"),
    ("nginx-ideolab-stalled", "abort"),
    ("nginx-ideolab-stalled", "slots"),
    ("nginx-ideolab-front", ""),
)
#: what the expressions repeat
FILLERS = (" ", "a", "0", "(", "()", '" ', "[", "1:", ":unsupported protocol", " alert", '198.51.100.1 - "')
#: beginnings of lines that are tried
STARTS = 150


def starts(name: str) -> list[str]:
    """Sample lines cut after each blank and mark; of those that differ by their numbers only one."""
    found: dict[str, str] = {}
    for line in (SAMPLES / name).read_text().splitlines():
        if not line.startswith("#"):
            for end in re.finditer(r"""[ ",:(]""", line[:200]):
                start = line[: end.end()]
                found.setdefault(re.sub(r"\d+", "0", start), start)
    every = max(1, len(found) // STARTS)
    return list(found.values())[::every]


@pytest.mark.parametrize(("name", "mode"), FILTERS)
def test_a_line_of_100_kb_takes_no_time(name: str, mode: str) -> None:
    """Cut anywhere and filled up with anything that an expression repeats."""
    found = replay.matcher(name, mode)
    slow = []
    for start in starts(name):
        for filler in FILLERS:
            line = (start + filler * (LENGTH // len(filler)))[:LENGTH]
            if cpu.is_over(lambda line=line: list(found.processLine(line)), LIMIT_S, 2):  # type: ignore[misc]
                slow.append((start, filler))

    assert slow == []


def test_a_polynomial_expression_would_be_found(tmp_path: Path) -> None:
    """The kind that looks harmless: stars, and nothing between them that ends the search."""
    (tmp_path / "filter.d").mkdir()
    (tmp_path / "filter.d" / "slow.conf").write_text(
        "[Definition]\nfailregex = ^.*timed.*out.*, client: <ADDR>\n"
    )
    found = replay.matcher("slow", base=tmp_path)
    line = "timed out " * (LENGTH // 60)

    assert cpu.is_over(lambda: list(found.processLine(line)), LIMIT_S, 2)
