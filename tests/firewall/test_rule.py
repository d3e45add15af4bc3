"""The DROP rule, with a fake iptables and with real ones in a namespace."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.firewall import iptables, old_rules, rule
from ideolab_f2b.firewall.position import FORWARD_SPEC, OLD_SPEC, SPEC
from ideolab_f2b.firewall.rule import RuleError, RuleUnseenError
from ideolab_f2b.kernel.ipset.sets import Sets

OURS = "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"
OLD = "-A INPUT -m set --match-set ideolab_ban src -j DROP"
NO_CHAIN = "No chain/target/match by that name."
ACCEPT = "-A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"


class Tables:
    """An iptables whose chains are lists, and which remembers what it was asked."""

    def __init__(self, **chains: list[str]) -> None:
        self.chains = {name.replace("_", "-"): rules for name, rules in chains.items()}
        self.asked: list[tuple[tuple[str, ...], str]] = []
        self.refuses = ""
        self.locks = False

    def run(self, words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        self.asked.append((tuple(words), text))
        rules = self.chains.get(words[-1])
        if words[-2:-1] == ("-S",):
            if self.locks:
                return subprocess.CompletedProcess(words, 4, "", "Another app is currently holding the lock")
            if rules is None:
                return subprocess.CompletedProcess(words, 1, "", f"{NO_CHAIN}\n")
            return subprocess.CompletedProcess(words, 0, "\n".join([f"-P {words[-1]} ACCEPT", *rules]), "")
        return subprocess.CompletedProcess(words, 2 if self.refuses else 0, "", self.refuses)


def test_missing_rule_is_inserted() -> None:
    """One look, one transaction: the chain is the kernel's own and is there."""
    tables = Tables(PREROUTING=[ACCEPT])

    assert rule.place(4, run=tables.run) is None

    assert tables.asked == [
        (("iptables", "-w", "5", "-t", "raw", "-v", "-S", "PREROUTING"), ""),
        (("iptables-restore", "-w", "5", "--noflush"), f"*raw\n-I PREROUTING 1 {SPEC}\nCOMMIT\n"),
    ]


@pytest.mark.parametrize("has_raw", [True, False])
def test_hook_behind_routing(*, has_raw: bool) -> None:
    """Where the option says so, and without a raw table: one transaction per chain, Docker's where it is."""
    tables = Tables(INPUT=[OLD], FORWARD=[], DOCKER_USER=["-A DOCKER-USER -j RETURN"])
    if has_raw:
        tables.chains["PREROUTING"] = [OURS]

    placement = rule.look(4, "input" if has_raw else "prerouting", tables.run)
    assert placement.hook == "input"
    assert placement.fallback == ("" if has_raw else f"iptables -t raw -S PREROUTING: {NO_CHAIN}")
    tables.asked.clear()
    assert rule.place(4, "input" if has_raw else "prerouting", tables.run) is None

    changes = [text for words, text in tables.asked if words[0] == "iptables-restore"]
    assert changes == [
        f"*filter\n-D INPUT {OLD_SPEC}\n-I INPUT 1 {SPEC}\nCOMMIT\n",
        f"*filter\n-I FORWARD 1 {FORWARD_SPEC}\nCOMMIT\n",
        f"*filter\n-I DOCKER-USER 1 {FORWARD_SPEC}\nCOMMIT\n",
    ]


@pytest.mark.parametrize(
    ("rules", "deletions"), [([ACCEPT, OURS], 1), ([OURS, ACCEPT, OURS], 2), ([OURS, OURS], 2)]
)
def test_moved_or_doubled_rule(rules: list[str], deletions: int) -> None:
    """All copies go and one comes first within one commit: at no moment there is none."""
    tables = Tables(PREROUTING=rules)

    rule.place(4, run=tables.run)

    delete, insert = f"-D PREROUTING {SPEC}\n", f"-I PREROUTING 1 {SPEC}\n"
    assert tables.asked[-1][1] == f"*raw\n{delete * deletions}{insert}COMMIT\n"


def test_rule_behind_another_that_drops() -> None:
    """It stays where it is; the chains in front are read only where the rule is there."""
    jump, drop = "-A PREROUTING -j f2b-sshd", "-A f2b-sshd -s 198.51.100.7/32 -j DROP"
    tables = Tables(PREROUTING=[jump, OURS], f2b_sshd=[drop, "-A f2b-sshd -j RETURN"])
    assert rule.place(4, run=tables.run) is None
    assert [words[-1] for words, _text in tables.asked] == ["PREROUTING", "f2b-sshd"]

    without = Tables(PREROUTING=[jump], f2b_sshd=[drop])
    assert [one.copies for one in rule.look(4, run=without.run).positions] == [0]
    assert [words[-1] for words, _text in without.asked] == ["PREROUTING"]


def test_rule_in_place() -> None:
    """Nothing is changed when nothing needs to be."""
    tables = Tables(PREROUTING=[OURS, ACCEPT])

    assert rule.place(4, run=tables.run) is None
    assert rule.is_first(4, run=tables.run)
    assert [words[-1] for words, _text in tables.asked] == ["PREROUTING"] * 2
    assert not rule.is_first(4, run=Tables(PREROUTING=[ACCEPT, OURS]).run)
    assert not rule.is_first(4, run=Tables(PREROUTING=[]).run)


def test_iptables_that_fails() -> None:
    """Its own words, what was asked, and a way out."""
    with pytest.raises(RuleError, match="iptables -t filter -S INPUT: No chain/target/match by that name"):
        rule.place(4, run=Tables().run)
    tables = Tables(PREROUTING=[])
    tables.refuses = "line 2: set ideolab_ban doesn't exist\nmore"
    with pytest.raises(RuleError) as caught:
        rule.place(4, run=tables.run)

    assert str(caught.value) == (
        "iptables-restore -w 5 --noflush: line 2: set ideolab_ban doesn't exist; "
        "is the kernel module xt_set there?"
    )


def test_chain_that_cannot_be_read() -> None:
    """Only 1 means that there is no DOCKER-USER; a held lock or a lost table is no reason to leave it out."""

    def locked(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        if words[-1] == "DOCKER-USER":
            return subprocess.CompletedProcess(words, 4, "", "Another app is currently holding the lock")
        return Tables(INPUT=[OLD], FORWARD=[]).run(words, text)

    with pytest.raises(RuleUnseenError, match="-t filter -S DOCKER-USER: Another app is currently holding"):
        rule.place(4, run=locked)
    locked_raw = Tables()
    locked_raw.locks = True
    with pytest.raises(RuleUnseenError, match="iptables -t raw -S PREROUTING: Another app"):
        rule.place(4, run=locked_raw.run)


@pytest.mark.parametrize(
    ("code", "asked", "said", "way_out"),
    [
        (
            4,
            "raw -S PREROUTING",
            "Fatal: can't open lock file /run/xtables.lock: Read-only file system",
            "ReadWritePaths=-/run/xtables.lock",
        ),
        (
            2,
            "filter -S INPUT",
            "iptables-restore v1.8.9 (nf_tables): Can't open socket to ipset.",
            "CAP_NET_ADMIN and CAP_NET_RAW in CapabilityBoundingSet=",
        ),
    ],
)
def test_hardened_unit(code: int, asked: str, said: str, way_out: str) -> None:
    """What systemd's sandbox forbids iptables is no missing module, and no lock of another program."""

    def forbidden(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, code, "", f"{said}\n")

    with pytest.raises(RuleError) as caught:
        rule.place(4, run=forbidden)

    assert not isinstance(caught.value, RuleUnseenError)
    assert (
        str(caught.value) == f"iptables -t {asked}: {said}; it needs, by `systemctl edit fail2ban`, {way_out}"
    )


def test_iptables_that_hangs() -> None:
    """On a busy host a command may be too slow: what stands there is not missing for that."""

    def hangs(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(words, 15)

    with pytest.raises(RuleUnseenError, match=r"iptables: Command .* timed out after 15 seconds"):
        rule.place(4, run=hangs)


def test_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without IPv6 needs no rule; one that has it and no ip6tables does."""
    monkeypatch.setattr(rule, "has_ipv6", lambda: False)
    assert rule.place(6, run=Tables().run) == "IPv6 is disabled"
    monkeypatch.setattr(rule, "has_ipv6", lambda: True)
    with pytest.raises(RuleError, match="ip6tables -t filter -S INPUT"):
        rule.place(6, run=Tables().run)


def test_has_ipv6(tmp_path: Path) -> None:
    """The kernel lists IPv6 addresses only when it knows IPv6."""
    listed = tmp_path / "if_inet6"
    assert not rule.has_ipv6(listed)
    listed.write_text("")
    assert not rule.has_ipv6(listed)
    listed.write_text("00000000000000000000000000000001 01 80 10 80 lo\n")
    assert rule.has_ipv6(listed)


def test_program_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package to install is named."""
    monkeypatch.setattr("shutil.which", lambda name, path: None if name == "iptables" else name)

    with pytest.raises(RuleError, match="iptables is not installed; apt-get install iptables"):
        rule.place(4)


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with link_namespaces("f2bban-rule") as (server, _client):
        with server.enter():
            sets = Sets()
        sets.create_list("ideolab_ban")
        sets.close()
        yield server


@pytest.mark.root
@pytest.mark.parametrize("variant", ["", "-legacy"])
@pytest.mark.parametrize("version", [4, 6])
def test_real_iptables(namespace: Namespace, variant: str, version: int) -> None:
    """Insert, move up, join copies, remove: both families, on nf_tables and on the older xtables."""
    program = rule.PROGRAMS[version] + variant
    other = "-A PREROUTING -p tcp -j ACCEPT"
    namespace.run(program, "-t", "raw", "-F")
    namespace.run(program, "-t", "raw", *other.split())

    def run(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        name, _dash, rest = words[0].partition("-")
        return subprocess.run(
            namespace.command(f"{name}{variant}{'-' + rest if rest else ''}", *words[1:]),
            input=text, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def rules() -> list[str]:
        return namespace.run(program, "-t", "raw", "-S", "PREROUTING").splitlines()[1:]

    rule.place(version, run=run)
    assert rules() == [OURS, other]
    assert rule.is_first(version, run=run)
    namespace.run(program, "-t", "raw", "-I", "PREROUTING", "1", *other.split()[2:])
    namespace.run(program, "-t", "raw", *OURS.split())
    assert not rule.is_first(version, run=run)
    rule.place(version, run=run)
    assert rules() == [OURS, other, other]
    namespace.run(program, "-t", "raw", *OURS.split())
    namespace.run(program, "-A", "INPUT", *OLD_SPEC.split())
    with namespace.enter():
        old_rules.remove_all(version)
    assert rules() == [other, other]
    assert "ideolab" not in namespace.run(program, "-S")
    namespace.run(program, "-t", "raw", "-F")


@pytest.mark.root
def test_real_lock(namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """iptables-legacy waits for its lock, and then says what it is: the rule may well be there."""
    monkeypatch.setenv("XTABLES_LOCKFILE", str(tmp_path / "lock"))
    monkeypatch.setattr(iptables, "_LOCK_S", "1")

    def run(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        command = namespace.command("iptables-legacy", *words[1:])
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)

    with open(tmp_path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RuleUnseenError, match="Another app is currently holding the xtables lock"):
            rule.look(4, run=run)

    assert [one.chain for one in rule.look(4, run=run).positions] == ["PREROUTING"]


@pytest.mark.root
def test_dropped_packets(lone: Namespace) -> None:
    """By chain, of our rule alone; a chain without it is left out."""
    with lone.enter():
        lone.run("ipset", "create", "ideolab_ban", "list:set")
        assert rule.count_drops(4) == {}
        rule.place(4)
        lone.run("iptables", "-t", "raw", "-A", "PREROUTING", "-s", "198.51.100.7", "-j", "DROP")

        assert rule.count_drops(4) == {"PREROUTING": 0}


@pytest.mark.parametrize(
    ("line", "packets"),
    [
        (f"{OURS[:-8]} -c 12 720 -j DROP", {"PREROUTING": 12}),
        (f"{OURS} -c 7 420", {"PREROUTING": 7}),
        ("-A PREROUTING -m set --match-set other src -c 12 720 -j DROP", {}),
        (OURS, {}),
    ],
)
def test_counters_wherever_they_stand(line: str, packets: dict[str, int]) -> None:
    """iptables-legacy and iptables-nft put them at different places."""
    assert rule.count_drops(4, run=Tables(PREROUTING=[line]).run) == packets
