"""Addresses for the bridges of a test: other processes of tests have others at the same time."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Subnet:
    """One /24 and one /64; `number` tells those of a process apart, 0 to 15."""

    number: int

    @property
    def v4(self) -> str:
        """The first three numbers of its IPv4 addresses."""
        process = os.getpid()
        return f"10.{64 + process // 16 % 192}.{process % 16 * 16 + self.number}"

    @property
    def v6(self) -> str:
        """What its IPv6 addresses begin with, up to the "::"."""
        return f"2001:db8:{0x1000 + os.getpid() % 0xE000:x}:{self.number:x}"
