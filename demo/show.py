"""The demo: slow attackers against a protected nginx, shown as it happens and judged at the end."""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NoReturn, Optional

from demo import attacker, requirements
from demo.attacker import Attack
from demo.client import Nat
from demo.lab.connmon import EVERY_S
from demo.lab.error import LabError
from demo.observer import Observer, Sighting
from demo.promise import closed_s, is_kept, limit_s
from demo.site import Site
from demo.timeline import Timeline

PREFIX = "f2bdemo"
NAT = "198.51.100.200"
#: the slowest page that still counts as served
_PAGE_S = 1.0
_ENOUGH_S = 30.0
_AFTER_S = 3.0
#: only so that a person can follow
_BETWEEN_S = 1.5

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SEEN = {
    "suspected": ("suspect", "connmon writes: {line}"),
    "banned": ("banned", "in the kernel set {banned:.1f} s after the attack began"),
    "dropped": ("dropped", "a SYN from there stays without answer"),
    "gone": ("closed", "no socket of it is left on the server, {closed:.2f} s after the ban"),
}
_HEAD = ("attack", "from", "connections", "line", "banned", "dropped", "limit", "closed", "resets", "verdict")
_NAT_HEAD = ("legitimate", "from", "connections", "pages", "failures", "slowest", "banned", "verdict")


def attacks() -> list[Attack]:
    """Return one attack of each kind, each from its own address; the last from 70 addresses of a network.

    An IPv6 client is known by its /64.
    """
    network = [f"203.0.113.{host}" for host in range(10, 80)]
    return [
        Attack(attacker.SILENT, ["198.51.100.10"], 30),
        Attack(attacker.HALF_HELLO, ["198.51.100.11"], 30),
        Attack(attacker.HANDSHAKE, ["2001:db8:c::12"], 30, "2001:db8:c::/64"),
        Attack(attacker.SLOW_HEADERS, ["198.51.100.13"], 30),
        Attack(attacker.SLOW_READ, ["2001:db8:c:1::14"], 30, "2001:db8:c:1::/64"),
        Attack(attacker.SILENT, network, 1, "203.0.113.0/24"),
    ]


class Demo:
    """One run on one site."""

    def __init__(self, site: Site, timeline: Timeline) -> None:
        self._site, self._timeline = site, timeline
        self._attacks = attacks()
        self._nat = Nat(NAT)
        self._observer = Observer(site, self._attacks, self._tell)

    def run(self) -> bool:
        """Attack the site and return whether everything was as promised."""
        try:
            self._nat.start(self._site.client)
            text = f"a NAT in the attackers' own /24 loads pages over {self._nat.connections} connections"
            self._timeline.say("served", NAT, text)
            time.sleep(1)
            self._observer.start()
            self._begin()
            self._wait()
        finally:
            self._nat.stop()
            self._observer.stop()
            for attack in self._attacks:
                attack.stop()
        return self._judge()

    def _begin(self) -> None:
        for attack in self._attacks:
            spread = f" from {len(attack.addresses)} addresses" if len(attack.addresses) > 1 else ""
            text = f"{attack.name}: {attack.connections} connections{spread}; {attack.kind.text}"
            self._timeline.say("attack", attack.target, text)
            attack.start(self._site.client)
            time.sleep(_BETWEEN_S)

    def _wait(self) -> None:
        """Return when everything was seen, or should have been."""
        last, end = time.monotonic(), time.monotonic() + _ENOUGH_S
        while time.monotonic() < end and not all(map(Sighting.is_over, self._observer.sightings.values())):
            time.sleep(0.1)
            self._site.connmon.require_alive()
            if time.monotonic() - last >= EVERY_S:
                last = time.monotonic()
                self._tell_nat()
        time.sleep(_AFTER_S)
        self._tell_nat()

    def _tell(self, what: str, sighting: Sighting) -> None:
        word, text = _SEEN[what]
        told = text.format(line=_gist(sighting.line), banned=sighting.banned, closed=closed_s(sighting))
        self._timeline.say(word, sighting.attack.target, told)

    def _tell_nat(self) -> None:
        nat = self._nat
        text = f"{nat.requests} pages, {len(nat.failures)} failures, slowest {nat.slowest * 1000:.0f} ms"
        self._timeline.say("served", NAT, text)

    def _judge(self) -> bool:
        status = self._site.fail2ban.run_client("status", "ideolab-connmon")
        self._timeline.print(f"\n$ fail2ban-client status ideolab-connmon\n{status}")
        sightings = list(self._observer.sightings.values())
        self._timeline.table(_HEAD, [_row(sighting) for sighting in sightings])
        self._timeline.print(
            "seconds from the start of the attack; closed: from the ban to its last socket; "
            "resets: connections whose client saw it\n"
        )
        is_good = self._judge_nat(is_banned=NAT in status) and all(map(is_kept, sightings))
        if not is_good:
            self._timeline.print(f"\nfail2ban's complaints:\n{self._site.fail2ban.find_complaints()}")
        return is_good

    def _judge_nat(self, *, is_banned: bool) -> bool:
        nat = self._nat
        is_served = not nat.failures and nat.slowest <= _PAGE_S and not is_banned
        row = (
            "NAT", NAT, str(nat.connections), str(nat.requests), str(len(nat.failures)),
            f"{nat.slowest * 1000:.0f} ms", "yes" if is_banned else "no", _verdict(is_served),
        )  # fmt: skip
        self._timeline.table(_NAT_HEAD, [row])
        for failure in nat.failures[:5]:
            self._timeline.print(f"  {failure}")
        return is_served


def _gist(line: str) -> str:
    """Return score and counts of connmon's line, without what is zero or known."""
    return " ".join(word for word in line.split() if re.fullmatch(r"(?!scope|port)[a-z-]+=[1-9]\d*", word))


def _row(sighting: Sighting) -> tuple[str, ...]:
    attack = sighting.attack
    closed = None if sighting.gone is None else closed_s(sighting)
    return (
        attack.name, attack.target, str(attack.connections), _seconds(sighting.suspected),
        _seconds(sighting.banned), _seconds(sighting.dropped), f"{limit_s(attack):.0f}", _seconds(closed, 2),
        f"{attack.reset} of {attack.opened}", _verdict(is_kept(sighting)),
    )  # fmt: skip


def _seconds(value: Optional[float], digits: int = 1) -> str:
    return "never" if value is None else f"{value:.{digits}f}"


def _verdict(is_good: bool) -> str:
    return "ok" if is_good else "FAILED"


def _versions() -> str:
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, timeout=120).stderr
    fail2ban = subprocess.run(["fail2ban-server", "-V"], capture_output=True, text=True, timeout=120).stdout
    name = nginx.rpartition("/")[2].strip()
    return f"nginx {name} with TLS, fail2ban {fail2ban.strip()} with the pack, connmon every {EVERY_S:.0f} s"


def _keep(site: Site, timeline: Timeline) -> None:
    timeline.print(f"\nThe lab stays up, its files are in {site.directory}. Look around, for example:")
    timeline.print(f"  ip netns exec {site.server.name} ipset list ideolab_connmon")
    timeline.print(f"  ip netns exec {site.server.name} iptables -t raw -nvL PREROUTING")
    timeline.print(f"  fail2ban-client -s {site.fail2ban.socket} status")
    input("Enter ends it. ")


def _end(_number: int, _frame: object) -> NoReturn:
    # what was made is taken away undisturbed
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(*, is_kept_up: bool) -> int:
    """Return 0 when all was as promised, else 1; all is taken away again, also after an error or Ctrl-C."""
    timeline = Timeline(sys.stdout)
    try:
        timeline.say("lab", "", "two network namespaces of our own; this host's network stays as it is")
        with Site(PREFIX) as site:
            timeline.say("lab", "192.0.2.1", _versions())
            is_good = Demo(site, timeline).run()
            if is_kept_up:
                _keep(site, timeline)
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: stopped; everything is taken away again", file=sys.stderr)
        return 130
    found = "as promised" if is_good else "NOT as promised"
    timeline.print(f"\n{found}; {timeline.seconds():.0f} s, everything is taken away again")
    return 0 if is_good else 1


def main(words: Optional[Sequence[str]] = None) -> int:
    """Run the command line; exit codes: 0 as promised, 1 not, 2 usage, 130 stopped."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--keep", action="store_true", help="keep everything running after the table, until Enter"
    )
    arguments = parser.parse_args(words)
    problem = requirements.problem()
    if problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    for number in _ENDING:
        signal.signal(number, _end)
    return run(is_kept_up=arguments.keep)
