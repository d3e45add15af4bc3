"""What nft has saved with our rules: the rest of it is loaded at a boot, by the real nft."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.firewall.saved import nft
from ideolab_f2b.firewall.saved.nft import NftError

ADMINS = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
#: what systemctl shows of the service while it waits for another unit, {path} is its file
WAITING = """\
ActiveState=inactive
Job=35
UnitFileState=enabled
ExecStart={{ path=/usr/sbin/nft ; argv[]=/usr/sbin/nft -f {path} ; ignore_errors=no ; pid=0 }}
"""
BOOTED = WAITING.replace("inactive", "active").replace("Job=35\n", "")
DISABLED = WAITING.replace("Job=35\n", "").replace("enabled", "disabled")


@pytest.fixture
def host() -> Iterator[Namespace]:
    with link_namespaces("f2binst-nft") as (host, _client):
        yield host


def answer(host: Namespace, shown: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs programs in a namespace, where systemctl shows this."""

    def run(words: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if words[0] == "systemctl":
            return subprocess.CompletedProcess(words, 0, shown, "")
        return subprocess.run(host.command(*words), **options)

    return run


def save(host: Namespace, path: Path, head: str = "flush ruleset\n") -> None:
    """Save a firewall with rules of ours as an administrator does, and lose it as a boot does."""
    for name in ("ideolab_ban", "ideolab_ban_port"):
        host.run("ipset", "create", name, "list:set", "size", "32")
    host.run("iptables-nft", "-t", "raw", "-N", "ideolab-port")
    for name, target in (("ideolab_ban", "DROP"), ("ideolab_ban_port", "ideolab-port")):
        words = ("!", "-i", "lo", "-m", "set", "--match-set", name, "src", "-j", target)
        host.run("iptables-nft", "-t", "raw", "-A", "PREROUTING", *words)
    host.run("iptables-nft", *ADMINS.split())
    path.write_text(head + host.run("nft", "list", "ruleset"))
    host.run("nft", "flush", "ruleset")


@pytest.mark.root
def test_the_rest_is_loaded_at_a_boot(host: Namespace, tmp_path: Path) -> None:
    """Before nft's own service fails, which then changes nothing; the file stays as it is."""
    path = tmp_path / "nftables.conf"
    save(host, path)
    text = path.read_text()

    assert list(nft.load_waiting(answer(host, WAITING.format(path=path)))) == [str(path)]

    refused = subprocess.run(host.command("nft", "-f", str(path)), capture_output=True, text=True)
    assert refused.returncode
    assert ADMINS in host.run("iptables-nft", "-S", "INPUT")
    # iptables goes on with what nft has made
    ours = "! -i lo -m set --match-set ideolab_ban src -j DROP"
    host.run("iptables-nft", "-t", "raw", "-I", "PREROUTING", "1", *ours.split())
    assert ours in host.run("iptables-nft", "-t", "raw", "-S", "PREROUTING")
    assert path.read_text() == text


@pytest.mark.root
@pytest.mark.parametrize("shown", [BOOTED, DISABLED, ""])
def test_nothing_is_loaded_later(host: Namespace, tmp_path: Path, shown: str) -> None:
    """A host that has booted keeps the firewall that it has, and one without nft's service gets none."""
    path = tmp_path / "nftables.conf"
    save(host, path)

    assert list(nft.load_waiting(answer(host, shown.format(path=path)))) == []

    assert host.run("nft", "list", "ruleset") == ""


@pytest.mark.root
@pytest.mark.parametrize("rules", ["table inet mine {\n}\n", "nonsense\n"])
def test_a_file_without_our_rules_is_left_to_nft(host: Namespace, tmp_path: Path, rules: str) -> None:
    """Whatever nft makes of it."""
    path = tmp_path / "nftables.conf"
    path.write_text(rules)

    assert list(nft.load_waiting(answer(host, WAITING.format(path=path)))) == []
    assert host.run("nft", "list", "ruleset") == ""


@pytest.mark.root
def test_a_file_that_does_not_load_without_our_rules(host: Namespace, tmp_path: Path) -> None:
    """Half of a firewall is never loaded, and the reason is said."""
    path = tmp_path / "nftables.conf"
    save(host, path, "flush ruleset\ntable inet mine {\n\tnonsense\n}\n")

    with pytest.raises(NftError, match=r"nft loads nothing of it, even without our rules: .*nonsense|syntax"):
        list(nft.load_waiting(answer(host, WAITING.format(path=path))))

    assert host.run("nft", "list", "ruleset") == ""


def test_files_of_the_service(tmp_path: Path) -> None:
    """Those that it loads, where it is enabled; no systemd, no files."""
    path = tmp_path / "nftables.conf"
    path.touch()

    def show(shown: str) -> Callable[..., subprocess.CompletedProcess[str]]:
        return lambda words, **_options: subprocess.CompletedProcess(words, 0, shown.format(path=path), "")

    def fail(*_words: object, **_options: object) -> subprocess.CompletedProcess[str]:
        raise FileNotFoundError("systemctl")

    assert nft.list_files(show(BOOTED)) == [path]
    assert nft.list_files(show(DISABLED)) == []
    assert nft.list_files(fail) == []
    assert nft.list_waiting(fail) == []
