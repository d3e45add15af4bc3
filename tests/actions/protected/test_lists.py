"""What the lists of root say, one beside the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import lists
from ideolab_f2b.actions.protected.lists import Named
from ideolab_f2b.actions.protected.never_ban import NeverBanFiles
from ideolab_f2b.notation import word_list


@pytest.mark.root
def test_each_list(tmp_path: Path) -> None:
    """ignoreip, the file, the option: networks, and names with the list that they stand in."""
    path = tmp_path / "never-ban"
    path.write_text("198.51.100.8 monitor.example.net")
    options = Options(allow_file=str(path), allow=word_list.parse("198.51.100.9 front.example.net"))

    found = lists.read(["198.51.100.0/29", "office"], options, has_ignoreself=True, files=NeverBanFiles())

    assert [(item.text, item.what) for item in found.listed] == [
        ("198.51.100.0/29", "listed in ignoreip"),
        ("198.51.100.8", f"listed in {path}"),
        ("198.51.100.9", "listed in the option allow"),
    ]
    assert found.named == (
        Named(("office",), "listed in ignoreip"),
        Named(("monitor.example.net",), f"listed in {path}"),
        Named(("front.example.net",), "listed in the option allow"),
        Named(("an address of this host's name",), "ignoreself"),
    )
    assert found.troubles == ()


def test_what_protects_nobody() -> None:
    """A word that is nothing, in ignoreip too, where fail2ban says nothing of it; and everybody."""
    words = ["198.51.100.5-198.51.100.6", *(f"300.1.1.{number}" for number in range(6))]

    found = lists.read(words, Options(allow_file="", allow=word_list.parse("::/0 huh")))

    assert found.troubles == (
        'ignoreip: "300.1.1.0", "300.1.1.1", "300.1.1.2", "300.1.1.3", "300.1.1.4" and 1 more: no address,'
        " network, range or host name",
        'option allow: "huh" (line 1): no address, network, range or host name; the rest of the list counts',
        "::/0, listed in the option allow, is everybody: nobody is banned over IPv6",
    )
    assert [item.text for item in found.listed] == ["198.51.100.5", "198.51.100.6", "::/0"]
