"""What `check` says in a container of the pack: nothing is ok unseen, and no command is one of a host."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check import files, sandbox, server, services, textfile
from ideolab_f2b.check.boot import saved_rules
from ideolab_f2b.check.boot import services as boot_services
from ideolab_f2b.check.files import LogStat
from ideolab_f2b.check.nginx import datagrams, senders
from ideolab_f2b.check.sandbox import ServerLimits
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import Entry
from ideolab_f2b.places import COMPOSE

#: NET_ADMIN, NET_RAW and DAC_OVERRIDE, as compose.yaml gives them
_OF_COMPOSE = 1 << 12 | 1 << 13 | 1 << 1


@pytest.fixture(autouse=True)
def compose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPOSE, "docker compose")


def test_what_the_host_starts_is_not_seen() -> None:
    """Neither its services nor its saved firewall are in the container."""
    assert [str(one) for one in boot_services.boot(Settings())] == [
        "unknown  boot: what starts the containers of the pack with this host is not seen from inside\n"
        "         -> on the host: systemctl is-enabled docker; and restart: in compose.yaml"
    ]
    assert [str(one) for one in saved_rules.saved_rules(Settings())] == [
        "unknown  saved rules: a firewall that this host has saved is not seen from inside\n"
        "         -> on the host: grep -ls ideolab_ban /etc/iptables/* /etc/nftables.conf"
        " (docs/containers.md#a-saved-firewall)"
    ]


def test_who_logs_in_over_ssh_is_another_check() -> None:
    """The container has no process of sshd to look into, with the capability or without it."""
    assert [one.state for one in sandbox.judge(ServerLimits(_OF_COMPOSE))] == ["ok"]
    assert [one.text for one in sandbox.judge(ServerLimits(_OF_COMPOSE & ~(1 << 13)))] == [
        "fail2ban runs without CAP_NET_RAW: the DROP rule cannot be placed"
    ]


def test_a_log_comes_back_with_connmon() -> None:
    """It makes the logs, and fail2ban reads them from its own start on."""
    path = Path("/var/log/ideolab/manual.log")

    assert files.judge_log(path, None).mend == "docker compose restart connmon fail2ban"
    assert files.judge_log(path, LogStat(True, "998", 0o640)).mend == (
        "rm /var/log/ideolab/manual.log; docker compose restart connmon fail2ban"
    )


def test_files_come_back_with_the_image() -> None:
    """The installer cannot write into a root that is read-only."""
    entries = [Entry("file", "/usr/local/bin/ideolab-f2b", "d")]

    assert files.judge_files(entries, {entries[0].path: None}).mend == "docker compose up -d --build"
    assert files.judge_files(entries, {entries[0].path: "x"}).mend == "docker compose up -d --build"


def test_connmon_is_another_container() -> None:
    """What it leaves behind is seen, and its container is restarted."""
    path = Path("/t/ideolab_connmon.prom")

    assert (
        services.judge("connmon", "ideolab-connmon", path, None, 0).mend == "docker compose restart connmon"
    )
    stale = 'ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 1\n'
    assert services.judge("connmon", "ideolab-connmon", path, stale, 500).mend == (
        "docker compose restart connmon; docker compose logs connmon"
    )
    assert server.judge("x", None, server.MISSING, "/l").mend.startswith("docker compose up -d --build, or")


def test_who_reads_the_gauges_is_not_seen() -> None:
    """node_exporter is in no process list of this container."""
    path = Path("/t/ideolab_connmon.prom")

    assert textfile.judge(path, True, {}, is_read=False).text == (
        "/t/ideolab_connmon.prom can be read; who reads it is not seen from inside"
    )


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("[nginx-ideolab-probe]\nenabled = true\n", True),
        ("[nginx-ideolab-probe]\nenabled = false\n[sshd]\nenabled = true\n", False),
        ("#[nginx-ideolab-probe]\n#enabled = true\n", False),
        ("enabled = true\n", False),
        ("[nginx-ideolab-probe]\nenabled = perhaps\n", False),
    ],
)
def test_the_intake_is_asked_for_by_its_jails(tmp_path: Path, text: str, is_asked: bool) -> None:
    """An image has no nginx, for which the installer would enable them."""
    path = tmp_path / "jails.local"
    path.write_text(text)

    assert services.has_nginx_jail(path) is is_asked
    assert services.has_nginx_jail(tmp_path / "none") is False


def test_nginx_is_elsewhere() -> None:
    """Its configuration is read and written where it runs."""
    assert senders.judge_error_log(None, Path("/run/ideolab/nginx.sock")).mend == (
        "nginx -T | grep error_log, where nginx runs"
    )
    assert datagrams.judge_answers({"written": 5.0}).mend == (
        "the lines of deploy/nginx (docs/nginx.md), where nginx runs"
    )
