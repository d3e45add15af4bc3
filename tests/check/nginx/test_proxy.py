"""front: an address behind which everybody is must never be banned, and nobody may overlook it."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.nginx import proxy
from ideolab_f2b.config import Connmon, Network, Paths, Settings
from tests.nginx import replay

FRONT = "198.51.100.250"
FORGED = (
    '2026/11/22 15:34:01 [error] 1#1: *1 open() "x while SSL handshaking, client: 198.51.100.250, server: x" '
    "failed (2: No such file or directory), client: 203.0.113.9, server: lab.example"
)


def line(address: str, stage: str = "SSL handshaking") -> str:
    return (
        f"2026/11/22 15:34:01 [info] 27472#27472: *1 client timed out (110: Connection timed out) "
        f"while {stage}, client: {address}, server: 0.0.0.0:443"
    )


def networks(*names: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, names))


def texts(lines: list[str], listed: tuple[Network, ...] = (), **ignored: tuple[Network, ...]) -> list[str]:
    return [f"{one.state}: {one.text}" for one in proxy.judge(proxy.count(lines), listed, ignored)]


def test_the_log_of_a_real_front() -> None:
    """PROXY protocol and X-Forwarded-For: whatever is older than the request names the front."""
    seen = proxy.count(replay.lines("proxy-protocol-realip.1.22.1.info.log"))

    assert seen.peers == {ipaddress.ip_address(FRONT): 6}


def test_one_address_in_nearly_all_lines_is_named() -> None:
    """With what to do when it is a front."""
    lines = [line(FRONT)] * 190 + [line("203.0.113.9", "waiting for request")] * 10
    (verdict,) = proxy.judge(proxy.count(lines), (), {})

    assert (verdict.check, verdict.state) == ("front 198.51.100.250", "wrong")
    assert (
        verdict.text
        == "190 of 200 lines before a request name it, and a ban would block all clients behind it"
    )
    assert "ignore = 198.51.100.250" in verdict.mend


@pytest.mark.parametrize(
    "lines",
    [
        [line(FRONT)] * 159 + [line("203.0.113.9")] * 41,
        [line(FRONT, "sending response to client")] * 300 + [line(f"203.0.113.{i}") for i in range(200)],
        [FORGED] * 300 + [line(f"203.0.113.{i}") for i in range(200)],
    ],
    ids=["less than four fifths", "after the request", "forged"],
)
def test_no_front(lines: list[str]) -> None:
    """Nobody stands for the others."""
    assert texts(lines)[0].startswith("ok: no address stands for many clients (")


@pytest.mark.parametrize("lines", [[], [line(FRONT)] * 199, [FORGED] * 300], ids=["none", "few", "forged"])
def test_too_few_lines_say_nothing(lines: list[str]) -> None:
    """A log without such lines is no proof that nobody stands in front."""
    assert texts(lines)[0].startswith("unknown: too few lines to say whether a proxy is in front of nginx: ")


def test_an_address_of_this_host() -> None:
    """Our own front in nginx's stream part, or docker-proxy: what hides the clients, `peers` says."""
    own = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("2001:db8::1")}
    found = list(proxy.judge(proxy.count([line("127.0.0.1")] * 200), (), {}, own))
    assert [str(one) for one in found] == [
        "ok       front 127.0.0.1: 200 of 200 lines before a request name this host, which is never banned"
    ]
    (verdict,) = proxy.judge(proxy.count([line("2001:db8::/64")] * 200), (), {}, own)
    assert verdict.state == "ok"
    (verdict,) = proxy.judge(proxy.count([line("127.0.0.2")] * 200), (), {}, own)
    assert verdict.state == "wrong"


def test_the_fronts_that_another_check_need_not_name(tmp_path: Path) -> None:
    """Those that `front` calls wrong or settled; none without a log."""
    settings = Settings(paths=Paths(log_dir=tmp_path), connmon=Connmon(ignore=networks("203.0.113.9")))
    assert proxy.find_fronts(settings) == []
    lines = [line("127.0.0.1")] * 200 + [line("203.0.113.9")]
    (tmp_path / "nginx-error.log").write_text("\n".join(lines))
    assert proxy.find_fronts(settings) == list(networks("203.0.113.9"))
    (tmp_path / "nginx-error.log").write_text("\n".join([line(FRONT)] * 200))
    assert proxy.find_fronts(settings) == list(networks(FRONT))


def test_a_listed_front_is_well() -> None:
    """It need not carry most lines."""
    lines = [line(FRONT), line("203.0.113.9")]
    jails = {"nginx-ideolab-slowtls": networks("198.51.100.0/24")}

    assert texts(lines, networks("198.51.100.250/32"), **jails) == [
        "ok: 1 of 2 lines before a request name it; it is never banned"
    ]


def test_a_front_that_a_jail_does_not_ignore() -> None:
    """connmon and fail2ban have lists of their own."""
    jails = {
        "nginx-ideolab-slowtls": networks("198.51.100.250/32"),
        "nginx-ideolab-probe": networks("127.0.0.0/8"),
    }

    assert texts([line(FRONT)], networks("198.51.100.250/32"), **jails) == [
        "wrong: 1 of 1 lines before a request name it; connmon ignores it, "
        "but nginx-ideolab-probe would ban it"
    ]


def test_ipv6_fronts() -> None:
    """A network of either family never covers the other's addresses."""
    assert texts([line("2001:db8::1")] * 200, networks("0.0.0.0/0"))[0].startswith("wrong: 200 of 200 lines")
    assert texts([line("2001:db8::1")] * 200, networks("2001:db8::/32"))[0].startswith("ok: 200 of 200 lines")


def test_the_words_of_an_ignoreip() -> None:
    """With a host name among the networks."""
    assert proxy.networks(["127.0.0.0/8", "::1", "proxy.example"]) == list(networks("127.0.0.0/8", "::1/128"))


def test_the_log_of_this_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the intake's log; a host without it hears nothing. What jails ignore, only fail2ban knows."""

    def down(*_words: str, **_options: object) -> str:
        raise fail2ban_client.ServerDownError("down")

    monkeypatch.setattr(fail2ban_client, "ask", down)
    settings = Settings(Connmon(ignore=networks("198.51.100.250/32")), Paths(log_dir=tmp_path))
    assert list(proxy.front(settings)) == []

    (tmp_path / "nginx-error.log").write_text(f"{line(FRONT)}\n" * 3)
    (verdict,) = proxy.front(settings)
    assert (verdict.state, verdict.text) == ("unknown", "this needs fail2ban: down")


def test_the_ignoreip_of_running_jails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only jails of nginx's logs are asked."""
    answers = {
        ("status",): "Jail list:\tideolab-connmon, nginx-ideolab-slowtls\n",
        ("get", "nginx-ideolab-slowtls", "ignoreip"): "No IP address/network is ignored\n",
    }
    monkeypatch.setattr(fail2ban_client, "ask", lambda *words, **_options: answers[words])
    (tmp_path / "nginx-error.log").write_text(f"{line(FRONT)}\n")
    settings = Settings(Connmon(ignore=networks("198.51.100.250/32")), Paths(log_dir=tmp_path))

    (verdict,) = proxy.front(settings)

    assert (verdict.state, verdict.mend) == (
        "wrong",
        "write ignoreip = 198.51.100.250 for these jails in /etc/fail2ban/jail.local",
    )


def test_a_pipe_in_place_of_the_log(tmp_path: Path) -> None:
    """The directory is another user's: he must not stop root's check."""
    settings = Settings(paths=Paths(log_dir=tmp_path))
    os.mkfifo(settings.paths.nginx_error_log)

    (verdict,) = proxy.front(settings)

    assert (verdict.check, verdict.state) == ("front", "unknown")
