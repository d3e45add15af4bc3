"""What each check makes of what it sees: the whole verdict, word by word."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check import files, kernel, server, services
from ideolab_f2b.check.server import Seen
from ideolab_f2b.check.verdict import Verdict, exit_code
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.manifest import Entry

LOG = "/var/log/ideolab/connmon.log"
STATS = {"set": "ideolab_connmon", "last_error": None}
RULE = "-A INPUT -m set --match-set ideolab_ban src -j DROP"
NOW = 1795363384.0
PROM = 'ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 1.795363379e+09\n'


def says(verdict: Verdict) -> str:
    return str(verdict)


def test_a_verdict_is_one_line_and_the_command() -> None:
    """And the same for programs."""
    verdict = Verdict("jail x", "wrong", "is down", "fail2ban-client reload")

    assert says(verdict) == "wrong    jail x: is down\n         -> fail2ban-client reload"
    assert verdict.to_json() == (
        '{"check": "jail x", "state": "wrong", "text": "is down", "mend": "fail2ban-client reload"}'
    )


def test_only_what_is_wrong_fails() -> None:
    """What cannot be seen without root is no failure."""
    verdicts = [Verdict("a", "ok", ""), Verdict("b", "unknown", "")]

    assert exit_code(verdicts) == 0
    assert exit_code([*verdicts, Verdict("c", "wrong", "")]) == 1


@pytest.mark.parametrize(
    ("seen", "switch", "skipped", "said"),
    [
        (Seen({"ideolab-ban"}, [LOG], STATS), "on", (), "ok       jail j: runs with ideolab-ban"),
        (
            Seen({"ideolab-ban"}, [LOG], {**STATS, "last_error": "the set is full"}), "on", (),
            "ok       jail j: runs with ideolab-ban; its last error was the set is full",
        ),
        (
            Seen({"iptables"}, [LOG], None), "on", (),
            "wrong    jail j: runs without its action ideolab-ban: it bans nobody\n"
            "         -> fail2ban-client reload --restart j",
        ),
        (
            Seen({"ideolab-ban"}, [LOG], {"degraded": "no module"}), "on", (),
            "wrong    jail j: its action has no package to work with: it bans nobody\n"
            "         -> scripts/install",
        ),
        (
            Seen({"ideolab-ban"}, ["/old.log"], STATS), "on", (),
            f"wrong    jail j: does not read {LOG} but /old.log\n         -> ideolab-f2b install",
        ),
        (None, "on", (), "wrong    jail j: is enabled and does not run\n         -> fail2ban-client reload"),
        (None, "off", (), "ok       jail j: is switched off in your configuration"),
        (
            None, "missing", (),
            "wrong    jail j: is not enabled\n"
            "         -> enabled = true below [j] in /etc/fail2ban/jail.d/ideolab.local, or"
            " ideolab-f2b install",
        ),
        (
            None, "missing", ("Jail 'j' skipped, because of wrong configuration: no filter",),
            "wrong    jail j: Jail 'j' skipped, because of wrong configuration: no filter\n"
            "         -> mend /etc/fail2ban/jail.d/ideolab.local, then fail2ban-client reload",
        ),
    ],
)  # fmt: skip
def test_a_jail(seen: Seen | None, switch: str, skipped: tuple[str, ...], said: str) -> None:
    """Running with its action, its package and its log, or what is missing."""
    assert says(server.judge("j", seen, switch, LOG, skipped)) == said


def header(elements: int) -> SetHeader:
    return SetHeader("s", "hash:net", "inet", 1000, 0, 1, elements, 456, 0)


@pytest.mark.parametrize(
    ("found", "members", "said"),
    [
        (header(7), ["s"], "ok       set s: 7 of 1000 elements, in ideolab_ban"),
        (
            None, ["s"],
            "wrong    set s: does not exist: its jail bans nobody\n         -> fail2ban-client reload",
        ),
        (
            header(7), ["other"],
            "wrong    set s: is not in ideolab_ban: its bans drop nothing\n"
            "         -> fail2ban-client reload",
        ),
        (
            header(800), ["s"],
            "wrong    set s: is nearly full: 800 of 1000\n"
            "         -> a larger maxelem for action = ideolab-ban.py[...] in"
            " /etc/fail2ban/jail.d/ideolab.local",
        ),
    ],
)  # fmt: skip
def test_a_set(found: SetHeader | None, members: list[str], said: str) -> None:
    """There, in the list, and with room for an attack."""
    assert says(kernel.judge_set("s", found, members)) == said


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["-P INPUT ACCEPT", RULE, "-A INPUT -j ACCEPT"], "ok       r: drops first of all rules"),
        (
            ["-P INPUT ACCEPT"],
            "wrong    r: no rule drops what is in ideolab_ban\n         -> fail2ban-client reload",
        ),
        (
            ["-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", RULE],
            "wrong    r: the rule stands behind "
            "'-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', which lets banned clients"
            " go on\n         -> fail2ban-client reload",
        ),
        (
            ["-A INPUT -p tcp -j f2b-sshd", RULE],
            "wrong    r: the rule stands behind 1 other rules\n         -> fail2ban-client reload",
        ),
    ],
)
def test_the_rule(rules: list[str], said: str) -> None:
    """First in its chain: behind an ESTABLISHED accept a banned client keeps its connections."""
    assert says(kernel.judge_rules("r", rules, "INPUT")) == said


@pytest.mark.parametrize(
    ("text", "now", "said"),
    [
        (PROM, NOW, "ok       connmon: did its work 5 s ago"),
        (PROM, NOW + 500, "wrong    connmon: did its work last 505 s ago"),
        ("x 1\n", NOW, "wrong    connmon: /t/ideolab_connmon.prom does not tell when it last did its work"),
        (
            None, NOW,
            "wrong    connmon: has written no /t/ideolab_connmon.prom: it does not run, or cannot write",
        ),
    ],
)  # fmt: skip
def test_connmon(text: str | None, now: float, said: str) -> None:
    """Alive is who looked a moment ago."""
    path = Path("/t/ideolab_connmon.prom")

    assert says(services.judge("connmon", "ideolab-connmon", path, text, now)).splitlines()[0] == said


def test_the_intake_is_asked_about_where_it_was_installed(tmp_path: Path) -> None:
    """A host without `--nginx` is not told that something is missing."""
    path = tmp_path / "jail.local"
    assert not services.is_asked(path)

    path.write_text("[nginx-ideolab-slowtls]\nenabled = true\n")
    assert not services.is_asked(path)

    path.write_text("# >>> ideolab-f2b\n[nginx-ideolab-slowtls]\nenabled = true\n# <<< ideolab-f2b\n")
    assert services.is_asked(path)


def test_each_daemon_has_its_own_gauges() -> None:
    """What connmon did says nothing about the intake."""
    path = Path("/t/ideolab_intake.prom")

    assert says(services.judge("intake", "ideolab-intake", path, PROM, NOW)).startswith("wrong    intake: ")


@pytest.mark.parametrize(
    ("readable", "places", "said"),
    [
        (True, {Path("/c/x.prom"): True}, "ok       textfile: /t/x.prom is there to read"),
        (True, {}, "ok       textfile: /t/x.prom is there to read"),
        (None, {}, "wrong    textfile: /t/x.prom is missing"),
        (False, {}, "wrong    textfile: node_exporter may not read /t/x.prom"),
        (True, {Path("/c/x.prom"): False}, "wrong    textfile: no x.prom in /c"),
    ],
)
def test_the_textfile(readable: bool | None, places: dict[Path, bool], said: str) -> None:
    """Written, readable by everybody, and where node_exporter looks."""
    assert says(services.judge_textfile(Path("/t/x.prom"), readable, places)).splitlines()[0] == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (files.Stat(True, "ideolab", 0o640), f"ok       log connmon.log: {LOG}"),
        (None, f"wrong    log connmon.log: {LOG} is missing: fail2ban would not start again"),
        (files.Stat(False, "ideolab", 0o640), f"wrong    log connmon.log: {LOG} is no regular file"),
        (
            files.Stat(True, "root", 0o640),
            f"wrong    log connmon.log: {LOG} belongs to root: connmon cannot write it",
        ),
    ],
)
def test_a_log(found: files.Stat | None, said: str) -> None:
    """There, a file, and connmon's."""
    assert says(files.judge_log(Path(LOG), found)).splitlines()[0] == said


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        (None, "ok       clock: no line of the log is ahead of it"),
        (NOW - 9, "ok       clock: no line of the log is ahead of it"),
        (
            NOW + 3600,
            "wrong    clock: the log is 3600 s ahead of now: the clock was set back, and bans end at the"
            " wrong time\n"
            "         -> timedatectl set-ntp true",
        ),
    ],
)
def test_the_clock(newest: float | None, said: str) -> None:
    """A line from the future means that the clock went back."""
    assert says(files.judge_clock(newest, NOW)) == said


CODE = Entry("file", "/etc/fail2ban/action.d/ideolab-ban.py", "c0de")
JAILS = Entry("file", "/etc/fail2ban/jail.d/ideolab.conf", "ja11")


@pytest.mark.parametrize(
    ("code", "jails", "said"),
    [
        ("c0de", "ja11", "ok       files: all 2 are there"),
        (
            "c0de", "mine",
            "ok       files: all 2 are there; changed by you: /etc/fail2ban/jail.d/ideolab.conf",
        ),
        (
            "bad", "ja11",
            "wrong    files: not what was installed: /etc/fail2ban/action.d/ideolab-ban.py\n"
            "         -> ideolab-f2b install",
        ),
        (
            "c0de", None,
            "wrong    files: missing: /etc/fail2ban/jail.d/ideolab.conf\n"
            "         -> ideolab-f2b install (or scripts/install)",
        ),
    ],
)  # fmt: skip
def test_our_files(code: str, jails: str | None, said: str) -> None:
    """Code is ours alone; configuration is the admin's to change."""
    assert says(files.judge_files([CODE, JAILS], {CODE.path: code, JAILS.path: jails})) == said
