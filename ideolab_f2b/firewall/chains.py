"""The chains in which packets meet the DROP rule: one before all routing, or three behind it."""

from __future__ import annotations

#: what the option `hook` of the ban action says where it says nothing
DEFAULT = "prerouting"
#: {what it may say: the chains}; a packet comes to one of the last two only when it goes on to somebody else
HOOKS = {"prerouting": ("PREROUTING",), "input": ("INPUT", "FORWARD", "DOCKER-USER")}
#: where the kernel has no raw table
FALLBACK = "input"
#: {chain: its table}
TABLES = {"PREROUTING": "raw", "INPUT": "filter", "FORWARD": "filter", "DOCKER-USER": "filter"}
#: what each table has by itself; Docker makes the other one
BUILT_IN = frozenset(TABLES) - {"DOCKER-USER"}
