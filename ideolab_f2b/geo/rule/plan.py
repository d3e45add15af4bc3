"""What the kernel is to hold of a country list: who may connect to which ports, who always may. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: (first address, prefix length)
Prefix = tuple[int, int]
Prefixes = Mapping[int, Sequence[Prefix]]

ALLOW, DENY = "allow", "deny"
VERSIONS = (4, 6)
#: bits of an address, by version
BITS = {4: 32, 6: 128}
#: bytes of an address, by version
SIZES = {4: 4, 6: 16}
#: seconds that a refused client is noted for, so that its country can be counted; how many are noted
RECENT_S = 300.0
RECENT_ROOM = 16_384
#: letters of a token
_TOKEN = 8
#: prefixes that are digested at a time
_PART = 10_000


class RuleProblemError(RuntimeError):
    """The country list is not put in force, confirmed or paused; the text says why, and the way out."""


class RulePlan(NamedTuple):
    """One list, its ports, and whom it never refuses; `prefixes` and `exempt` by IP version."""

    policy: str
    prefixes: Prefixes
    exempt: Prefixes
    ports: tuple[int, ...]
    has_quic: bool
    #: names the list in the kernel: two lists that differ have two
    token: str

    @property
    def counts(self) -> dict[int, int]:
        """Return how many prefixes the list has, by IP version."""
        return {version: len(self.prefixes.get(version, ())) for version in VERSIONS}


class KernelState(NamedTuple):
    """What of a country list the kernel holds at this moment."""

    #: token of the list in force; "" without one
    token: str = ""
    #: where it is in force
    ports: tuple[int, ...] = ()
    #: token of the list that is tried out; "" without one
    trial: str = ""
    #: seconds until the trial ends by itself
    trial_s: float = 0.0
    #: seconds until the pause ends by itself
    pause_s: float = 0.0
    #: packets that were refused, by IP version
    refused: Mapping[int, int] = {}
    #: elements of the list in force, by IP version; {} where the kernel does not count them (before 6.16)
    counts: Mapping[int, int] = {}


def make_token(policy: str, prefixes: Prefixes, ports: Sequence[int], has_quic: bool) -> str:
    """Return what names this list with these ports: eight letters of a hash."""
    digest = hashlib.sha256(repr((policy, tuple(ports), has_quic)).encode())
    for version in VERSIONS:
        digest.update(f"IPv{version}".encode())
        found = prefixes.get(version, ())
        for at in range(0, len(found), _PART):
            digest.update(repr(list(found[at : at + _PART])).encode())
    # letters only: it is a part of names in the kernel
    return "".join(chr(ord("a") + byte % 26) for byte in digest.digest()[:_TOKEN])


def group_by_length(prefixes: Sequence[Prefix]) -> dict[int, list[int]]:
    """Return {prefix length: addresses}, the lengths that hold most addresses first."""
    groups: dict[int, list[int]] = {}
    for address, length in prefixes:
        groups.setdefault(length, []).append(address)
    return dict(
        sorted(groups.items(), key=lambda item: (len(item[1]) / 2.0 ** item[0], -item[0]), reverse=True)
    )


def require_list(plan: RulePlan) -> None:
    """Raise RuleProblemError for a list that would refuse everybody, or nobody."""
    for version in VERSIONS:
        if plan.policy == ALLOW and not plan.prefixes.get(version):
            raise RuleProblemError(
                f"the list has no IPv{version} prefix: everybody would be refused; build it anew:"
                " ideolab-f2b geo build"
            )
        if any(
            length == 0
            for _address, length in (*plan.prefixes.get(version, ()), *plan.exempt.get(version, ()))
        ):
            raise RuleProblemError(
                f"a prefix of length 0 is everybody: nobody would be refused over IPv{version}; look for it"
                " in never-ban and in `exempt` of [geo]"
            )
    if not plan.ports:
        raise RuleProblemError("no port is named: write `ports = 443` below [geo]")
