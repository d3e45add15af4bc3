"""The findings of one port of one network namespace at one tick."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.suspects.findings import Findings


class PortTick(NamedTuple):
    """One port at one tick: when (epoch seconds), what was found, how long it took (seconds)."""

    when: float
    port: int
    findings: Findings
    took_s: float
    #: the name of the container's network namespace; "" is the one of connmon, the host's
    namespace: str = ""
    #: the number (inode) of that namespace; 0 is the host's
    netns: int = 0
    #: the findings are those of an earlier tick, or none could be made now: nobody in them is seen anew
    is_again: bool = False

    @property
    def server(self) -> tuple[int, int]:
        """The namespace and the port, which make one server."""
        return self.netns, self.port

    @property
    def title(self) -> str:
        """The port, and in which container it is, for people."""
        return f"port {self.port} in {self.namespace}" if self.namespace else f"port {self.port}"
