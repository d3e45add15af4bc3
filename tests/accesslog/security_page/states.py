"""Data of the dashboard in its states, as data/ sends it, and what detail/ knows of one address."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable

#: the moment that the data is of
NOW = datetime(2026, 11, 30, 5, 12, 3, tzinfo=timezone.utc)
JAILS = ("ideolab-connmon", "ideolab-traship", "nginx-ideolab-slowtls", "ideolab-connmon-net")
_LABELS = {
    "established": "Connections now",
    "suspects": "Suspects now",
    "active_bans": "Active bans",
    "bans_24h": "Bans in 24 hours",
    "dropped": "Packets dropped",
}
_SOURCES = {"events": "Events", "connmon": "connmon", "fail2ban": "fail2ban", "site": "Site"}
#: texts as an attacker may choose them
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    '"><img src=x onerror="window.hacked = 3">',
    "\u202egnp.exe \u2066txt\u2069 \u200b\u0000\u001b[31m",
    "{{ 7|add:7 }} {% debug %} ${7*7} javascript:window.hacked=4",
    "W" * 10_000,
)


def iso(ago_s: float) -> str:
    """The time so many seconds before NOW."""
    return (NOW - timedelta(seconds=ago_s)).isoformat()


def _cards(**values: int | None) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "label": label,
            "value": values.get(key),
            "state": "ok" if values.get(key) is not None else "unknown",
            "text": "Counted by connmon every 5 s." if values.get(key) is not None else "The file is absent.",
        }
        for key, label in _LABELS.items()
    ]


def _sources(state: str = "ok", age_s: int | None = 4) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": label, "state": state, "age_s": age_s, "text": f"{label} of this host."}
        for key, label in _SOURCES.items()
    ]


def _timeline(height: int) -> dict[str, Any]:
    starts = [iso(3600 * ago + 723) for ago in range(23, -1, -1)]
    series = [
        {
            "jail": jail,
            "values": [
                (number * 7 + row * 5) % 4 * (row < 2) + (height * (8 - row) // 4 if 15 < number < 21 else 0)
                for number in range(24)
            ],
        }
        for row, jail in enumerate(JAILS)
    ]
    return {"starts": starts, "step_s": 3600, "series": series, "other": False}


def ban(number: int, **fields: Any) -> dict[str, Any]:
    """One of the last bans."""
    plain: dict[str, Any] = {
        "id": number,
        "ts": iso(37 * number + 11),
        "type": "ban",
        "of": f"198.51.100.{number % 254 + 1}" if number % 5 else f"2001:db8:0:{number:x}::/64",
        "jail": JAILS[number % 4],
        "reason": "score=5 connections=48 mute=48" if number % 2 == 0 else 'sensitive_path "/.env"',
        "asn": f"{64496 + number % 4}",
        "asname": ("EXAMPLE-HOSTING Example Hosting GmbH", "DOC-NET", "Bulletproof Ltd", "CLOUD-5")[
            number % 4
        ],
        "country": ("NL", "DE", "US", "RU", "FR")[number % 5],
        "until": iso(-3600 + 37 * number),
        "permanent": number == 7,
        "state": "active" if number < 20 else "over",
    }
    return {**plain, **fields}


def unknown() -> dict[str, Any]:
    """Nothing can be read."""
    return {
        "now": NOW.isoformat(),
        "period": "24h",
        "periods": ["1h", "24h", "7d", "30d"],
        "verdict": {
            "level": "unknown",
            "text": "Nobody can say: two sources are absent.",
            "reasons": [
                "connmon writes no metrics: is ideolab-connmon.service running?",
                "No event was imported yet.",
            ],
        },
        "cards": _cards(),
        "timeline": {"starts": [], "step_s": 3600, "series": [], "other": False},
        "last_bans": [],
        "ordered": [],
        "origins": {"state": "unknown", "since": None, "bans": None, "text": ""},
        "asns": [],
        "countries": [],
        "networks4": [],
        "networks6": [],
        "site": {
            "state": "unknown",
            "text": "TRASHIP_ENABLED is off.",
            "offences": None,
            "bursts": [],
            "sensitive": [],
        },
        "sources": _sources("absent", None),
    }


def empty() -> dict[str, Any]:
    """A site on its first day: everything works, and nothing happened."""
    return {
        **unknown(),
        "verdict": {"level": "calm", "text": "No attack is seen.", "reasons": []},
        "cards": _cards(established=3, suspects=0, active_bans=0, bans_24h=0, dropped=0),
        "site": {"state": "ok", "text": "No offence.", "offences": 0, "bursts": [], "sensitive": []},
        "sources": _sources(),
    }


def calm() -> dict[str, Any]:
    """A usual day."""
    return {
        **empty(),
        "cards": _cards(established=212, suspects=0, active_bans=3, bans_24h=9, dropped=1840),
        "timeline": _timeline(0),
        "ordered": [],
        "last_bans": [ban(number, ts=iso(7200 * number + 4000), state="over") for number in range(1, 6)],
    }


def attack() -> dict[str, Any]:
    """Under attack, and every suspect is banned."""
    counts = (412, 96, 31, 12, 7, 3)
    names = ("EXAMPLE-HOSTING Example Hosting GmbH", "DOC-NET", "Bulletproof Ltd", None, "CLOUD-5", "ISP")
    countries = (
        ("NL", "Netherlands"),
        ("US", "United States"),
        ("DE", "Germany"),
        ("RU", "Russia"),
        ("FR", "France"),
    )
    return {
        **empty(),
        "verdict": {
            "level": "attack",
            "text": "561 bans in the last hour, and every suspect is banned.",
            "reasons": ["412 of the bans are in AS64496 (EXAMPLE-HOSTING).", "No suspect is without a ban."],
        },
        "cards": _cards(established=1834, suspects=14, active_bans=561, bans_24h=1204, dropped=9_481_220),
        "timeline": _timeline(40),
        "ordered": [],
        "last_bans": [ban(number) for number in range(1, 51)],
        "origins": {
            "state": "ok",
            "since": iso(86400),
            "bans": 1204,
            "text": "Of all bans in 24 hours: 1,204.",
        },
        "asns": [
            {
                "of": f"AS{64496 + row}",
                "asn": f"{64496 + row}",
                "name": names[row],
                "bans": bans,
                "share": bans / 561,
            }
            for row, bans in enumerate(counts)
        ],
        "countries": [
            {"country": code, "name": name, "bans": bans, "share": bans / 561}
            for (code, name), bans in zip(countries, counts)
        ],
        "networks4": [
            {
                "of": f"198.51.{row}.0/24",
                "bans": bans,
                "asn": "64496",
                "name": "EXAMPLE-HOSTING",
                "country": "NL",
            }
            for row, bans in enumerate(counts)
        ],
        "networks6": [
            {"of": f"2001:db8:0:{row:x}::/64", "bans": bans, "asn": "64497", "name": None, "country": None}
            for row, bans in enumerate(counts[2:])
        ],
        "site": {
            "state": "ok",
            "text": "1,310 offences of 88 addresses.",
            "offences": 1310,
            "bursts": [
                {
                    "of": f"198.51.100.{row + 1}",
                    "count": 900 - 70 * row,
                    "last": iso(13 * row),
                    "path": "/wp-login.php",
                }
                for row in range(6)
            ],
            "sensitive": [
                {"path": path, "count": 300 - 40 * row, "addresses": 40 - row}
                for row, path in enumerate(
                    ("/.env", "/.git/config", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php")
                )
            ],
        },
    }


def alarm() -> dict[str, Any]:
    """Under attack, and the firewall does not hold what fail2ban banned; the import is late."""
    data = attack()
    data["verdict"] = {
        "level": "alarm",
        "text": "14 suspects are not banned.",
        "reasons": [
            "23 bans are missing in the kernel's sets (ideolab_connmon).",
            "The import is 12 minutes behind.",
        ],
    }
    data["cards"][1].update(value=14, state="stale", text="The file is 4 minutes old.")
    data["cards"][4].update(value=None, state="unknown", text="ideolab_f2b.prom cannot be read by www-data.")
    data["sources"][0].update(state="behind", age_s=724, text="Run import_connmon_events --follow.")
    data["sources"][1].update(state="stale", age_s=240, text="connmon has not written since 4 minutes.")
    return data


def hostile() -> dict[str, Any]:
    """Whatever a stranger can choose is chosen to do harm."""
    data = attack()
    rows = enumerate(HOSTILE)
    data["last_bans"] = [ban(n + 1, reason=text, asname=text, country=text, jail=text) for n, text in rows]
    data["asns"] = [
        {"of": None, "asn": text, "name": text, "bans": 1, "share": 0.1} for text in (*HOSTILE, "64496")
    ]
    data["countries"] = [{"country": text, "name": text, "bans": 1, "share": 0.1} for text in HOSTILE]
    data["networks4"][0].update(name=HOSTILE[0], country=HOSTILE[5])
    data["site"]["bursts"] = [
        {"of": f"198.51.100.{n}", "count": 5, "last": iso(n), "path": text} for n, text in enumerate(HOSTILE)
    ]
    data["site"]["sensitive"] = [{"path": text, "count": 2, "addresses": 1} for text in HOSTILE]
    data["timeline"]["series"][0]["jail"] = HOSTILE[0]
    data["verdict"]["reasons"] = list(HOSTILE)
    return data


def huge() -> dict[str, Any]:
    """A thousand rows in each list."""
    data = attack()
    data["last_bans"] = [ban(number) for number in range(1, 1001)]
    data["networks4"] = [
        {
            "of": f"198.{n // 250}.{n % 250}.0/24",
            "bans": 1000 - n,
            "asn": "64496",
            "name": "A",
            "country": "NL",
        }
        for n in range(1000)
    ]
    data["site"]["sensitive"] = [{"path": f"/{n}.php", "count": n, "addresses": n} for n in range(1000)]
    return data


STATES: dict[str, Callable[[], dict[str, Any]]] = {
    "calm": calm, "attack": attack, "alarm": alarm, "unknown": unknown, "empty": empty, "hostile": hostile,
    "huge": huge,
}  # fmt: skip


def detail(of: str = "198.51.100.2") -> dict[str, Any]:
    """Everything known of one address."""
    return {
        "now": NOW.isoformat(),
        "of": of,
        "kind": "address",
        "title": of,
        "origin": [
            ["AS", "AS64496 EXAMPLE-HOSTING Example Hosting GmbH"],
            ["Country", "NL"],
            ["Prefix", "198.51.100.0/22"],
        ],
        "facts": [
            ["Network", "198.51.100.0/24"],
            ["First seen", "2026-11-30 04:51:07"],
            ["Banned", "198.51.100.2 is banned by sshd, until 2026-11-30T06:10:52+00:00"],
        ],
        "phases": [
            {"ts": iso(50 * n), "score": 5, "connections": 48, "text": "mute=40 partial-hello=8"}
            for n in range(4)
        ],
        "paths": [
            {"path": path, "count": 40, "status": "404", "last": iso(80)}
            for path in ("/.env", "/wp-login.php")
        ],
        "agents": [{"agent": "Mozilla/5.0 zgrab/0.x", "count": 66}],
        "fingerprints": ["TCP 64240:64:1460:8 JA4 t13d1516h2_8daaf6152771_02713d6af862"],
        "bans": [ban(1), ban(9, state="over")],
        "audit": [
            {
                "ts": iso(900),
                "of": "198.51.100.0/24",
                "who": "alice",
                "action": "ban",
                "state": "done",
                "reason": "scan",
                "said": "",
            }
        ],
        "requests": {"count": 66, "logged_in": 0},
        "connections": {"value": 48, "state": "ok", "text": "48 of them mute"},
        "hidden": [],
        "cut": True,
        "url": None,
        "buttons": [
            {
                "action": "ban",
                "of": of,
                "label": f"Ban {of}",
                "url": f"/admin/ideolab_accesslog/security/ban/?of={of}",
            },
            {
                "action": "ban",
                "of": "198.51.100.0/24",
                "label": "Ban 198.51.100.0/24",
                "url": "/admin/ban/?of=198.51.100.0/24",
            },
            {
                "action": "unban",
                "of": of,
                "label": "Unban",
                "url": f"/admin/ideolab_accesslog/security/unban/?of={of}",
            },
        ],
    }
