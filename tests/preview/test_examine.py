"""What the server answers of a ban that is not made, and answers that are none."""

from __future__ import annotations

import json

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.preview.examine import examine
from ideolab_f2b.preview.preview import BanAnswer


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words, options: text)


def test_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reasons, what is above the cap, and the networks."""
    told = {"name": "AS64500", "keys": [[4, 0xC6336400, 24]], "refusals": ["own"], "excess": "too many"}
    answer(monkeypatch, json.dumps([told]))

    assert examine("ideolab-asn", "AS64500") == (BanAnswer(("own",), "too many"), ((4, 0xC6336400, 24),))


@pytest.mark.parametrize(
    "text",
    [
        "",
        '["AS64500"]',
        "[]",
        "{}",
        '[{"name": "x"}]',
        '[{"keys": [[4, 1, 99]], "refusals": [], "excess": ""}]',
    ],
)
def test_no_answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """An older action takes the question for the value of an attribute: nobody is banned by that."""
    answer(monkeypatch, text)

    known, keys = examine("ideolab-asn", "AS64500")
    assert (known.is_known, keys, known.why) == (False, (), "its ban action is older; run ideolab-f2b check")


def test_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told."""

    def fail(*_words: str, options: tuple[str, ...]) -> str:
        raise fail2ban_client.ServerDownError("fail2ban is down")

    monkeypatch.setattr(fail2ban_client, "ask", fail)
    assert examine("ideolab-manual", "198.51.100.7")[0] == BanAnswer(is_known=False, why="fail2ban is down")
