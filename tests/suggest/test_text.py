"""What a person and a program read of it."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path

from ideolab_f2b.suggest import report, text
from ideolab_f2b.suggest.evidence import BanEvidence
from ideolab_f2b.suggest.report import Report
from ideolab_f2b.visitors.visitors import Visitors
from tests.suggest.made_up import FIRST_NUMBER, MadeUpTable

NET = int(ip_address("240.0.0.0"))
_NOBODY = Visitors({})


class HostileTable(MadeUpTable):
    """Its names are what a registry let somebody write."""

    def find(self, asked: object) -> object:  # type: ignore[override]
        row = super().find(asked)  # type: ignore[arg-type]
        return None if row is None else row._replace(name="EVIL\x1b[2J\nName that is far too long")


def make(*, has_table: bool = True, visitors: Visitors = _NOBODY, trouble: str | None = None) -> Report:
    evidence = BanEvidence(held=60, events=70, files=[Path("events.jsonl")], trouble=trouble)
    evidence.units[4] = set(range(NET, NET + 64)) | set(range(NET + 512, NET + 512 + 20))
    table = HostileTable()
    table.announce(FIRST_NUMBER, 1024)
    return report.make(
        evidence, visitors, table if has_table else None, days=7, top=20,
        system_trouble="" if has_table else "there is no table; ideolab-f2b asn build makes it",
    )  # fmt: skip


def test_the_table() -> None:
    """A name moves no cursor, and the last line says that nobody was banned."""
    seen = Visitors({(4, NET + 200, 32): 1, (4, 1, 32): 4999}, ("access.log",), 1_795_359_121.0)

    assert list(text.table(make(visitors=seen))) == [
        "PROPOSAL      BANNED  OF   AT LEAST  VISITORS  REQUESTS  AS"
        "                                     PREVIEW",
        "240.0.0.0/24  64      256  20.8%     1         0.020%    AS4200000000 EVIL?[2J?Name that is f…"
        "  ideolab-f2b ban 240.0.0.0/24 --preview",
        "240.0.2.0/24  20      256  5.5%      0         0.000%    AS4200000000 EVIL?[2J?Name that is f…"
        "  ideolab-f2b ban 240.0.2.0/24 --preview",
        "84 addresses and 0 IPv6 /64 were banned: 60 bans held now, 70 events of 7 days; logs read: 1",
        "visitors: 2 with 5,000 requests since 2026-11-22 14:52 UTC",
        "nothing was banned: run a preview, which says what a ban would hit",
    ]


def test_what_is_unknown_is_said() -> None:
    """Without visitors, table or fail2ban there are proposals, and sentences."""
    unseen = Visitors({}, troubles=("no log",))
    lines = list(text.table(make(has_table=False, visitors=unseen, trouble="down")))

    assert lines[1].split()[4:6] == ["unknown", "unknown"]
    assert lines[4:] == [
        "visitors: unknown, so that nothing was left out for them",
        "networks only: there is no table; ideolab-f2b asn build makes it",
        "what fail2ban holds is unknown",
        "not read: no log",
        "nothing was banned: run a preview, which says what a ban would hit",
    ]


def test_json() -> None:
    """The fields of docs/suggest.md."""
    found = json.loads(text.to_json(make(trouble="down")))
    (first, *_others) = found.pop("proposals")

    assert {key: value for key, value in found.items() if key != "t"} == {
        "version": 1, "days": 7,
        "fail2ban": "down", "held": 60, "events": 70, "addresses": 84, "networks6": 0,
        "visitors": None, "requests": None, "visitors_since": None, "visitors_partial": False,
        "as_table": "read", "spared": 0, "banned_already": 0, "unread": [],
        "error": "fail2ban was not asked: down",
    }  # fmt: skip
    assert (round(first.pop("lower"), 4), round(first.pop("score"), 4)) == (0.2083, 1.2542)
    assert first == {
        "proposal": "240.0.0.0/24", "kind": "network", "family": 4, "banned": 64, "size": 256, "networks": 1,
        "share": 0.25, "visitors": None, "requests_share": None, "asn": str(FIRST_NUMBER),
        "asname": "EVIL\x1b[2J\nName that is far too long",
        "preview": "ideolab-f2b ban 240.0.0.0/24 --preview",
    }  # fmt: skip


def test_nothing_to_propose() -> None:
    """That is said too."""
    made = report.make(BanEvidence(), Visitors({}), None, days=1, top=5)

    assert next(text.table(made)) == "no network and no AS has enough bans in it"


def test_many_sentences() -> None:
    """Ten are enough."""
    made = report.make(
        BanEvidence(unread=[f"file {n}" for n in range(15)]), Visitors({}), None, days=1, top=5
    )

    lines = list(text.table(made))
    assert [line for line in lines if line.startswith("not read")][-1] == "not read: 5 more"
