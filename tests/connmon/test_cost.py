"""cost: what connmon may take of a core."""

from __future__ import annotations

from pathlib import Path

from ideolab_f2b.connmon.cost import CONFIRM_SHARE, CORE_SHARE

DOCS = Path(__file__).resolve().parents[2] / "docs" / "detection.md"


def test_the_docs_say_so() -> None:
    """The share in the long run, of the host and of its containers; a fifth where it matters."""
    text = " ".join(DOCS.read_text().split())

    assert CORE_SHARE == 0.045
    assert f"at most {CORE_SHARE:.1%} of a core in the long run".replace("%", " %") in text
    assert f"their own {CORE_SHARE:.1%} of a core".replace("%", " %") in text
    assert CONFIRM_SHARE == 0.2
    assert "may take a fifth of a core" in text
