"""The chains in which packets meet the DROP rule: one before all routing, or three behind it."""

from __future__ import annotations

#: what the option `hook` of the ban action says where it says nothing
DEFAULT = "prerouting"
#: {what it may say: the chains}
HOOKS = {"prerouting": ("PREROUTING",), "input": ("INPUT", "FORWARD", "DOCKER-USER")}
#: where the kernel has no raw table
FALLBACK = "input"
#: {chain: its table}
TABLES = {"PREROUTING": "raw", "INPUT": "filter", "FORWARD": "filter", "DOCKER-USER": "filter"}
#: packets that go on to somebody else
FORWARDING = ("FORWARD", "DOCKER-USER")
#: what each table has by itself; Docker makes the other one
BUILT_IN = frozenset(TABLES) - {"DOCKER-USER"}
