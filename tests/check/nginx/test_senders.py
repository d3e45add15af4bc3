"""Whose datagrams the intake takes, and who nginx is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check.nginx import senders
from ideolab_f2b.check.nginx.senders import Sender
from ideolab_f2b.places import restart

CLAIMS = "a process that root has not started calls itself nginx, as"
RUNS = [Sender(0, "nginx runs as"), Sender(33, "nginx runs as")]


@pytest.mark.parametrize(
    ("found", "admitted", "said"),
    [
        (RUNS, {0, 33}, "ok       senders: nginx runs as root, www-data: the intake takes their lines"),
        # `user http;`
        (
            RUNS, {0},
            "wrong    senders: nginx runs as www-data: the intake throws these lines away\n"
            "         -> write senders = root, www-data into [intake] of /etc/ideolab/f2b.conf, then "
            + restart("ideolab-intake"),
        ),
        (
            [Sender(4_000_000, "nginx.conf says user")], {0, 33},
            "wrong    senders: nginx.conf says user 4000000: the intake throws these lines away\n"
            "         -> write senders = root, 4000000 into [intake] of /etc/ideolab/f2b.conf, then "
            + restart("ideolab-intake"),
        ),
        (
            [*RUNS, Sender(4_000_000, CLAIMS)], {0, 33},
            f"unknown  senders: {CLAIMS} 4000000: the intake does not take its lines\n"
            "         -> ps -fC nginx",
        ),
        (
            [*RUNS, Sender(4_000_000, CLAIMS)], {0},
            "wrong    senders: nginx runs as www-data: the intake throws these lines away\n"
            "         -> write senders = root, www-data into [intake] of /etc/ideolab/f2b.conf, then "
            + restart("ideolab-intake"),
        ),
        (
            [], {0, 33},
            "unknown  senders: nginx does not run, or only root sees as whom\n"
            "         -> start nginx",
        ),
    ],
)  # fmt: skip
def test_the_users(found: list[Sender], admitted: set[int], said: str) -> None:
    """The workers send the access log, and the master its own errors."""
    assert str(senders.judge(found, admitted)) == said


@pytest.mark.parametrize(
    ("dump", "user"),
    [
        ("# configuration file nginx.conf:\nuser www-data;\nworker_processes auto;\n", "www-data"),
        ("  user  http  http;\n", "http"),
        ('user "web";\n', "web"),
        ("# user nobody;\nevents {}\nhttp { log_format x '$remote_user'; }\n", None),
    ],
)
def test_the_user_of_a_configuration(dump: str, user: str | None) -> None:
    """It counts while nginx does not run."""
    assert senders.find_user(dump) == user


def test_the_processes_of_this_root(tmp_path: Path) -> None:
    """nginx in a container has another root, and logs elsewhere; a name proves nothing.

    The user 1000 has a process of his own, and one below a set-user-ID program that he calls nginx.
    """
    other = tmp_path / "other"
    other.mkdir()
    for pid, name, uids, parent, root in (
        (7, "nginx", (0, 0), 1, "/"),
        (8, "nginx", (33, 33), 7, "/"),
        (9, "cat", (5, 5), 7, "/"),
        (10, "nginx", (101, 101), 7, other),
        (11, "nginx", (1000, 1000), 1, "/"),
        (12, "nginx", (1000, 0), 1, "/"),
        (13, "nginx", (1000, 1000), 12, "/"),
        (14, "\udcff\x1b[2J", (1000, 1000), 1, "/"),
    ):
        process = tmp_path / "proc" / str(pid)
        process.mkdir(parents=True)
        real, effective = uids
        ids = f"{real}\t{effective}\t{effective}\t{effective}"
        status = f"Name:\t{name}\nPPid:\t{parent}\nUid:\t{ids}\n"
        (process / "status").write_bytes(status.encode("utf-8", "surrogateescape"))
        (process / "root").symlink_to(root)

    assert senders.find_running(tmp_path / "proc") == [
        Sender(0, CLAIMS), Sender(0, "nginx runs as"), Sender(33, "nginx runs as"), Sender(1000, CLAIMS)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dump", "state"),
    [
        ("error_log syslog:server=unix:/run/ideolab/nginx.sock info;\n", "ok"),
        ("http { error_log syslog:server=unix:/run/ideolab/nginx.sock,nohostname info; }\n", "ok"),
        ("# error_log syslog:server=unix:/run/ideolab/nginx.sock info;\n", "wrong"),
        ("error_log syslog:server=unix:/run/ideolab/nginx.sock2 info;\n", "wrong"),
        ("error_log /var/log/nginx/error.log;\n", "wrong"),
        (None, "unknown"),
    ],
)
def test_what_nginx_is_told_to_send(dump: str | None, state: str) -> None:
    """Lines of yesterday are no proof: its configuration may have been replaced since."""
    assert senders.judge_error_log(dump, Path("/run/ideolab/nginx.sock")).state == state
