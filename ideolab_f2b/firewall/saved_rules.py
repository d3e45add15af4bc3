"""Finds our rule in the firewall rules that a host has saved to load them at a boot; changes no file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.firewall.names import LIST, PORT_LIST
from ideolab_f2b.firewall.port_rule import CHAINS

#: where programs save the rules of a host and load them at a boot, below /
PLACES = (
    "etc/iptables/*", "etc/iptables.rules", "etc/iptables.up.rules", "etc/network/iptables*",
    "etc/nftables.conf", "etc/nftables.d/*", "etc/nftables/*", "etc/sysconfig/ip6tables",
    "etc/sysconfig/iptables", "etc/sysconfig/nftables.conf", "etc/ufw/*.rules",
    "var/lib/ip6tables/rules-save", "var/lib/iptables/rules-save", "var/lib/nftables/rules-save",
)  # fmt: skip
#: bytes of a file that are read
_LIMIT = 16 << 20
_OF_IPTABLES = f"--match-set {LIST} "
#: of jails with scope=port: the jump, the chains and their rules, which name the sets of jails
_JUMP_IN_NFT = f"jump ({'|'.join(CHAINS.values())})"
_OF_PORTS = rf"--match-set {PORT_LIST} |-A ({'|'.join(CHAINS.values())}) |^:({'|'.join(CHAINS.values())}) "


class SavedRule(NamedTuple):
    """A file that holds our rule; `by_nft`: as nft shows it, which nft itself cannot load.

    `has_ports`: also rules of jails with scope=port; the sets that they name are not there at a boot.
    """

    path: Path
    by_nft: bool
    has_ports: bool = False

    @property
    def mend(self) -> str:
        """The command that takes the rule out of the file and leaves the rest."""
        if self.by_nft:
            end = f"(drop|{_JUMP_IN_NFT})" if self.has_ports else "drop"
            pattern = rf'^\s*xt match "?set"? .*{end}$'
        else:
            pattern = f"{_OF_IPTABLES}|{_OF_PORTS}" if self.has_ports else _OF_IPTABLES
        return f"sed -i -E {shlex.quote(f'/{pattern}/d')} {shlex.quote(str(self.path))}"


class SavedRules(NamedTuple):
    """What was found in the files, how many there are, and which of them cannot be read."""

    rules: list[SavedRule]
    files: int
    unread: list[Path]


def find(root: Path = Path("/")) -> SavedRules:
    """Look into each file in which rules are usually saved."""
    files = sorted({path for place in PLACES for path in root.glob(place) if path.is_file()})
    found, unread = [], []
    for path in files:
        text = _read(path)
        if text is None:
            unread.append(path)
        else:
            lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
            for by_nft in sorted(set(_read_kinds(lines))):
                ports = rf"xt match .*{_JUMP_IN_NFT}" if by_nft else _OF_PORTS
                found.append(SavedRule(path, by_nft, any(re.search(ports, line) for line in lines)))
    return SavedRules(found, len(files), unread)


def _read(path: Path) -> Optional[str]:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None


def _read_kinds(lines: Iterable[str]) -> Iterator[bool]:
    """Yield for each of our rules whether it is as nft shows it: that looks the same for any ipset."""
    for line in lines:
        words = line.replace('"', "").split()
        if words[:3] == ["xt", "match", "set"] and words[-1] == "drop":
            yield True
        elif _OF_IPTABLES in line or re.search(_OF_PORTS, line):
            yield False
