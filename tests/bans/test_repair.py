"""`check --repair` with a real fail2ban-server whose kernel sets others take away."""

from __future__ import annotations

import json

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import repair
from tests.bans.conftest import Host

pytestmark = pytest.mark.root


def test_check_finds_and_repairs(host: Host) -> None:
    """Wrong with the command that mends it; the command; ok. Within seconds of a start."""
    host.ban("ideolab-manual", *(f"198.51.100.{number}" for number in range(1, 8)), "2001:db8:c::9")
    # few of many: what is lost as a whole is back within a second
    host.namespace.run("ipset", "del", "ideolab_manual", "198.51.100.7")
    host.namespace.run("ipset", "del", "ideolab_manual6", "2001:db8:c::9")

    assert _verdicts(host)["drift ideolab-manual"] == (
        "wrong", "the kernel differs from fail2ban: 2 missing of 8 bans",
    )  # fmt: skip
    after = _verdicts(host, "--repair")

    assert after["repair"] == ("ok", "repaired: 1 in ideolab_manual, 1 in ideolab_manual6")
    assert after["drift ideolab-manual"] == ("ok", "the kernel holds what fail2ban holds (8 bans)")
    assert after["rule iptables PREROUTING"] == ("ok", "the DROP rule is the first rule")
    assert _verdicts(host, "--repair")["repair"] == ("ok", "nothing differed")


def test_repair_lifts_what_nobody_holds(kept: Host) -> None:
    """Of a jail that is old enough; two passes see it."""
    kept.server.wait_until(lambda: kept.server.read_stats("ideolab-manual")["keeper"]["passes"] > 2, "passes")
    kept.namespace.run("ipset", "add", "ideolab_manual", "198.51.100.50")

    _verdicts(kept, "--repair")

    assert kept.seen()["bans"] == []


def test_repair_without_a_server(host: Host) -> None:
    """Only fail2ban knows which bans to put back: exit 1 and how to start it; the rule comes back."""
    host.server.stop()
    host.namespace.run("iptables", "-t", "raw", "-F")

    done = host.run("check", "--repair", "--json")

    first, *others = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert (first["check"], first["state"]) == ("repair", "wrong")
    assert "fail2ban is down" in first["text"]
    assert first["text"].endswith("; put back: the rule of iptables")
    assert "--match-set" in host.namespace.run("iptables", "-t", "raw", "-S", "PREROUTING")
    assert ("drift", "unknown") in [(one["check"], one["state"]) for one in others]


def _verdicts(host: Host, *words: str) -> dict[str, tuple[str, str]]:
    done = host.run("check", "--json", *words)
    return {one["check"]: (one["state"], one["text"]) for one in map(json.loads, done.stdout.splitlines())}


def test_passes_that_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error after a limit, not a command that hangs."""
    now = iter(range(0, 1000, 10))
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"j"})
    monkeypatch.setattr(fail2ban_client, "actions", lambda _jail, _options=(): {"ideolab-ban"})
    monkeypatch.setattr(fail2ban_client, "stats", lambda *_words: {"keeper": {"passes": 1, "repairs": {}}})
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words: "3\n")

    with pytest.raises(repair.RepairError, match="did not reconcile in 60 s"):
        repair.repair(lambda: float(next(now)), lambda _seconds: None)


def test_repair_by_an_older_action(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must be installed and loaded first."""
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"j"})
    monkeypatch.setattr(fail2ban_client, "actions", lambda _jail, _options=(): {"ideolab-ban"})
    monkeypatch.setattr(fail2ban_client, "stats", lambda *_words: {"set": "s"})

    with pytest.raises(repair.RepairError, match="then restart fail2ban"):
        repair.repair()
