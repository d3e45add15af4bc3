"""What a preview reads of this host."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.preview import host
from ideolab_f2b.preview.preview import BanAnswer
from ideolab_f2b.visitors.visitors import Visitors
from tests.asn import tables


def test_networks_of_an_as(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server does not tell them, the table does; without a table they are unknown."""
    monkeypatch.setattr(host, "examine", lambda *_words: (BanAnswer(("refused",)), ()))
    there = tables.build(tmp_path / "asn.sqlite3", [(64500, "EXAMPLE", ["198.51.100.0/24"])])

    found, other, missing = (
        host.PreviewHost([], Visitors({}), table=table).preview_as(number)
        for table, number in ((there, 64500), (there, 64501), (tmp_path / "none", 64500))
    )

    assert [one.prefixes for one in (found, other, missing)] == [1, 0, None]
    assert missing.troubles[0].startswith(f"{tmp_path}/none is missing")
