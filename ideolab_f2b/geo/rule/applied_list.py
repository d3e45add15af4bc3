"""A list that was put in force, in the form in which it is remembered. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from ipaddress import ip_address
from typing import Any, Optional

from ideolab_f2b.actions.protected.ssh.seen import REMEMBER_S
from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.geo.rule.plan import VERSIONS, KernelState, Prefixes, RulePlan
from ideolab_f2b.kernel.address import Address

#: what may hold a list: the keys of backends.RULES
BACKENDS = ("ipset", "nft")


@dataclass(frozen=True)
class AppliedList:
    """The settings of a list that is in force or tried out; its prefixes are in a file beside."""

    token: str
    backend: str
    policy: str
    countries: tuple[str, ...]
    ports: tuple[int, ...]
    quic: bool
    #: epoch seconds: when the list was built, and when it was put in force
    built: float
    applied: float
    #: prefixes by family
    prefixes4: int
    prefixes6: int
    #: what whom it never refuses was digested to
    exempt: str = ""
    #: `exempt =` of the settings at that time, for a boot with settings that are broken
    listed: tuple[str, ...] = ()
    #: {listed name: its last addresses}
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: who applied it by SSH, and when (epoch seconds); "" for nobody
    caller: str = ""
    called: float = 0.0

    def describe(self) -> str:
        """Return the list in words: `allow FR, ES on TCP 443 (12 + 3 prefixes)`."""
        quic = " and UDP" if self.quic else ""
        ports = ", ".join(map(str, self.ports))
        counts = f"{self.prefixes4:,} + {self.prefixes6:,} prefixes"
        return f"{self.policy} {', '.join(self.countries)} on TCP{quic} {ports} ({counts})"

    def is_in(self, state: KernelState) -> bool:
        """Whether the kernel holds the list whole."""
        counts = {4: self.prefixes4, 6: self.prefixes6}
        is_linked = (state.token, state.ports) == (self.token, tuple(sorted(self.ports)))
        return is_linked and state.counts in ({}, counts)

    def is_of(self, countries: CountryList) -> bool:
        """Whether these are the settings of this list."""
        found = countries.policy, countries.countries, countries.built
        counts = tuple(len(countries.prefixes(version)) for version in VERSIONS)
        return (found, counts) == (
            (self.policy, self.countries, self.built),
            (self.prefixes4, self.prefixes6),
        )

    def with_caller(self, peer: Optional[Address]) -> AppliedList:
        """Return it with who has just applied it."""
        return replace(self, caller=str(peer or ""), called=self.applied)

    def find_caller(self, now: float) -> Optional[Address]:
        """Return who applied it by SSH in the last day: fail2ban may be down, and know no session."""
        return ip_address(self.caller) if self.caller and now - self.called < REMEMBER_S else None

    def make_plan(self, prefixes: Prefixes, exempt: Prefixes) -> RulePlan:
        """Return what the kernel is to hold of it."""
        return RulePlan(self.policy, prefixes, exempt, self.ports, self.quic, self.token)


def describe_plan(plan: RulePlan, countries: CountryList, backend: str, now: float) -> AppliedList:
    """Return what is remembered of a plan."""
    return AppliedList(
        token=plan.token,
        backend=backend,
        policy=plan.policy,
        countries=countries.countries,
        ports=plan.ports,
        quic=plan.has_quic,
        built=countries.built,
        applied=now,
        prefixes4=plan.counts[4],
        prefixes6=plan.counts[6],
        exempt=digest(plan.exempt),
    )


def digest(exempt: Prefixes) -> str:
    """Return what differs for other exemptions."""
    text = repr([sorted(exempt.get(version, ())) for version in VERSIONS])
    return hashlib.sha256(text.encode()).hexdigest()


def pack(one: AppliedList) -> bytes:
    """Return the text of its file."""
    return json.dumps(asdict(one), indent=1).encode("ascii")


def parse(content: bytes) -> AppliedList:
    """Read the text of a file; ValueError, TypeError, KeyError or AttributeError for what is none."""
    row: dict[str, Any] = json.loads(content)
    return AppliedList(
        token=_word(row["token"]),
        backend=_backend(row["backend"]),
        policy=_word(row["policy"]),
        countries=tuple(map(_word, row["countries"])),
        ports=tuple(map(_port, row["ports"])),
        quic=row["quic"] is True,
        built=float(row["built"]),
        applied=float(row["applied"]),
        prefixes4=int(row["prefixes4"]),
        prefixes6=int(row["prefixes6"]),
        exempt=str(row["exempt"]),
        listed=tuple(map(str, row["listed"])),
        names={str(name): tuple(map(str, addresses)) for name, addresses in row["names"].items()},
        caller=_caller(row.get("caller", "")),
        called=float(row.get("called", 0.0)),
    )


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.isalpha() or not value.isascii():
        raise ValueError(f"{value!r} is no word")
    return value


def _caller(value: object) -> str:
    return str(ip_address(str(value))) if value else ""


def _backend(value: object) -> str:
    if value not in BACKENDS:
        raise ValueError(f"{value!r} is no backend")
    return _word(value)


def _port(value: object) -> int:
    if not isinstance(value, int) or not 0 < value < 1 << 16:
        raise ValueError(f"{value!r} is no port")
    return value
