"""The web server calls the helper by a real sudo with our rule: verbs on standard input, and no argument."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fw_ip.conftest import PROGRAM, Host

SUDOERS = PROGRAM.parents[1] / "deploy" / "sudoers.d" / "ideolab-fw-ip"
#: the host's own directories are hidden in a mount namespace of this process alone
_AS_WEB_SERVER = """
mount --make-rprivate /
mount --bind "$1/sudoers.d" /etc/sudoers.d
mount --bind "$1/sbin" /usr/local/sbin
mount -t tmpfs tmpfs /run && mkdir -m 755 /run/fail2ban && ln -s "$2" /run/fail2ban/fail2ban.sock
shift 2
exec setpriv --reuid=www-data --regid=www-data --clear-groups sudo -n "$@"
"""

pytestmark = [pytest.mark.root, pytest.mark.redteam]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """What is put over the host's directories."""
    for directory, source, name, mode in (
        ("sudoers.d", SUDOERS, "ideolab-fw-ip", 0o440),
        ("sbin", PROGRAM, "ideolab-fw-ip", 0o755),
    ):
        (tmp_path / directory).mkdir(mode=0o755)
        shutil.copy(source, tmp_path / directory / name)
        (tmp_path / directory / name).chmod(mode)
    return tmp_path


def sudo(host: Host, place: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    inside = ["unshare", "-m", "sh", "-ec", _AS_WEB_SERVER, "-", str(place), str(host.server.socket)]
    return subprocess.run(
        host.namespace.command(*inside, *words), input=stdin, capture_output=True, text=True, timeout=120
    )


def test_the_web_server_bans_checks_and_unbans(empty: Host, place: Path) -> None:
    """One call, three verbs; fail2ban's log names the user."""
    text = "ban 198.51.100.7 60\ncheck 198.51.100.7\nunban 198.51.100.7\nban 127.0.0.1\n"
    done = sudo(empty, place, "/usr/local/sbin/ideolab-fw-ip", stdin=text)

    results = [json.loads(line)["result"] for line in done.stdout.splitlines()]
    assert (done.returncode, results) == (1, ["banned", "banned", "unbanned", "refused"]), done.stderr
    assert 'By hand: 1 banned; by="ideolab-fw-ip uid=33" reason=""' in empty.server.log.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["/usr/local/sbin/ideolab-fw-ip", "ban", "198.51.100.7"],
        ["/usr/local/sbin/ideolab-fw-ip", "--socket", "/tmp/mine"],
        ["/usr/bin/id"],
        ["PYTHONPATH=/tmp", "/usr/local/sbin/ideolab-fw-ip"],
        ["-E", "/usr/local/sbin/ideolab-fw-ip"],
    ],
)
def test_nothing_else_is_allowed(empty: Host, place: Path, words: list[str]) -> None:
    """No argument, no other program, no environment."""
    done = sudo(empty, place, *words, stdin="check 198.51.100.7\n")

    assert (done.returncode, done.stdout) == (1, "")
    assert "sudo:" in done.stderr


def test_the_bans_of_other_jails_stay(empty: Host, place: Path) -> None:
    """Each answer names the jail, and the command for root."""
    empty.server.ask("set", "sshd", "banip", "198.51.100.7", "198.51.100.9")
    empty.server.ask("set", "ideolab-connmon", "banip", "198.51.100.8")
    empty.fw_ip("ban", "198.51.100.9", "198.51.100.10")
    text = "".join(f"unban 198.51.100.{number}\n" for number in (7, 8, 9, 10, 11))
    done = sudo(empty, place, "/usr/local/sbin/ideolab-fw-ip", stdin=text + "unban 198.51.0.0/16\n")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    only_root = "only root lifts that: fail2ban-client set"
    assert (done.returncode, [(line["result"], line["detail"]) for line in lines]) == (
        1,
        [
            ("held", f"banned by jail sshd: {only_root} sshd unbanip 198.51.100.7"),
            ("held", f"banned by jail ideolab-connmon: {only_root} ideolab-connmon unbanip 198.51.100.8"),
            (
                "held",
                f"banned by jail sshd: {only_root} sshd unbanip 198.51.100.9; lifted in ideolab-manual",
            ),
            ("unbanned", "ideolab-manual"),
            ("not-banned", ""),
            ("refused", "198.51.0.0/16 is wider than /24, the most by sudo; ideolab-f2b is root's"),
        ],
    )
    assert empty.banned("sshd") == ["198.51.100.7", "198.51.100.9"]
    assert empty.banned("ideolab-connmon") == ["198.51.100.8"]
    assert empty.banned() == []
    assert empty.elements("ideolab_connmon").keys() == {"198.51.100.8/32"}


def test_a_rule_of_root_s_leaves_the_jails_of_the_pack(empty: Host, place: Path) -> None:
    """sshd stays root's also then; without that rule sudo refuses the option."""
    words = ["/usr/local/sbin/ideolab-fw-ip", "--all-ideolab-jails"]
    empty.server.ask("set", "sshd", "banip", "198.51.100.7")
    empty.server.ask("set", "ideolab-connmon", "banip", "198.51.100.8")
    text = "unban 198.51.100.7\nunban 198.51.100.8\n"
    refused = sudo(empty, place, *words, stdin=text)
    rule = place / "sudoers.d" / "ideolab-fw-ip-jails"
    rule.write_text(f"www-data ALL = (root) NOPASSWD: NOSETENV: {' '.join(words)}\n")
    rule.chmod(0o440)
    done = sudo(empty, place, *words, stdin=text)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert [json.loads(line)["result"] for line in done.stdout.splitlines()] == ["held", "unbanned"]
    assert (empty.banned("sshd"), empty.banned("ideolab-connmon")) == (["198.51.100.7"], [])
