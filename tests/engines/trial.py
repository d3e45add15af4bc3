"""Two clients in each family, one of which gets banned: what each asks on old and on new connections."""

from __future__ import annotations

import itertools
from typing import Callable

from tests.engines.flow import Flow, ask_all, wait_for_page
from tests.engines.host import Host

_numbers = itertools.count(1)
FAMILIES = ("IPv4", "IPv6")


def _name_flows(client: str, *kinds: str) -> set[str]:
    """Return the names of a client's connections of these kinds in both families."""
    return {f"{client}, {kind}, {family}" for kind in kinds for family in FAMILIES}


class Trial:
    """The addresses are those of this trial alone; all connections are closed at the end of `with`."""

    def __init__(self, host: Host, port: int) -> None:
        self._host, self._port = host, port
        number = next(_numbers)
        self._addresses = {
            "banned": dict(zip(FAMILIES, (f"198.51.100.{number}", f"2001:db8:c:{number:x}::5"))),
            # the ban of an IPv6 address may be that of its /64
            "other": dict(zip(FAMILIES, (f"203.0.113.{number}", f"2001:db8:c:{number + 256:x}::5"))),
        }
        self._flows: dict[str, Flow] = {}

    def __enter__(self) -> Trial:
        self.wait_for_page()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def banned(self) -> list[str]:
        """The addresses to ban."""
        return list(self._addresses["banned"].values())

    def wait_for_page(self) -> None:
        """Return when the other client is served in both families."""
        for address in self._addresses["other"].values():
            wait_for_page(self._host.client, address, self._port)

    def open(self, kind: str) -> None:
        """Make one more connection of each client; it is used by the next `ask`."""
        for client, addresses in self._addresses.items():
            for family, address in addresses.items():
                flow = Flow(self._host.client, address, self._port)
                self._flows[f"{client}, {kind}, {family}"] = flow

    def ask(self, *awaited: str) -> set[str]:
        """Ask on all connections; return those that got their page. The awaited clients have much time."""
        patient = [name for name in self._flows if name.startswith(awaited)]
        found = ask_all(self._flows, patient)
        return {name for name, what in found.items() if what == "served"}

    def close(self) -> None:
        """Close all connections."""
        for flow in self._flows.values():
            flow.close()
        self._flows.clear()


def try_ban(host: Host, port: int, disturb: Callable[[], object] = lambda: None) -> None:
    """Ban one of two clients, let `disturb` do what it does, lift the ban; look at both all the time."""
    with Trial(host, port) as trial:
        trial.open("old")
        assert trial.ask("banned", "other") == _name_flows("banned", "old") | _name_flows("other", "old")

        host.ban(*trial.banned)
        trial.open("new")
        assert trial.ask("other") == _name_flows("other", "old", "new")

        trial.close()
        disturb()
        trial.wait_for_page()
        trial.open("later")
        assert trial.ask("other") == _name_flows("other", "later")

        trial.close()
        host.unban_all()
        trial.open("unbanned")
        assert trial.ask("banned", "other") == _name_flows("banned", "unbanned") | _name_flows(
            "other", "unbanned"
        )
