"""Finds our rules in the firewall rules that a host has saved to load them at a boot; changes no file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.firewall.names import LIST, PORT_LIST

#: where programs save the rules of a host and load them at a boot, below /
PLACES = (
    "etc/firewalld/direct.xml", "etc/iptables*.conf", "etc/iptables*.rules", "etc/iptables/*",
    "etc/network/iptables*", "etc/nftables.conf", "etc/nftables.d/*", "etc/nftables.nft", "etc/nftables/*",
    "etc/sysconfig/ip6tables*", "etc/sysconfig/iptables*", "etc/sysconfig/nftables.conf", "etc/ufw/*.rules",
    "var/lib/ip6tables/rules-save", "var/lib/iptables/rules-save", "var/lib/nftables/rules-save",
    "var/lib/shorewall*/restore*",
)  # fmt: skip
#: bytes of a file that are read
_LIMIT = 16 << 20
#: the chains of jails with scope=port, of this version and of those before
CHAIN = r"ideolab-port[a-z-]*"
#: those of the country list
_OF_COUNTRIES = r"ideolab-geo(-[a-z]+)?"
_OF_IPTABLES = f"--match-set {LIST} "
#: of jails with scope=port and of the country list: the jumps, the chains and their rules, which name sets
_OF_PORTS = (
    rf"--match-set {PORT_LIST} |-A {CHAIN} |^:{CHAIN} "
    rf"|-A {_OF_COUNTRIES} |^:{_OF_COUNTRIES} | -j ideolab-geo$"
)
#: how nft shows a rule that matches an ipset, the same for any of them; nft 0.9.8 shows it as a comment
_OF_NFT = rf'^\s*(iifname != "lo" )?xt match "?set"? .*(drop|jump {CHAIN})$'
_CHAIN_OF_NFT = rf"^\s*chain ({CHAIN}|{_OF_COUNTRIES}) \{{"
_END_OF_NFT = r"^\s*\}"
_IN_CHAIN_OF_NFT = "xt (match|target)"
#: the tables of the backend nft, as nft shows them
_TABLE_OF_NFT = r"^table inet ideolab(_geo)? \{"
_END_OF_TABLE = r"^\}"


class SavedRule(NamedTuple):
    """A file that holds our rule; `by_nft`: as nft shows it, which nft itself cannot load.

    `has_ports`: also rules of jails with scope=port, or of the country list. `is_table`: a whole table of
    ours, which nft refuses while fail2ban runs and owns the one in the kernel.
    """

    path: Path
    by_nft: bool
    has_ports: bool = False
    is_table: bool = False

    @property
    def mend(self) -> str:
        """The command that takes the rule out of the file and leaves the rest."""
        if self.is_table:
            script = f"/{_TABLE_OF_NFT}/,/{_END_OF_TABLE}/d"
        elif self.by_nft:
            script = f"/{_OF_NFT}/d"
            if self.has_ports:
                script += f"; /{_CHAIN_OF_NFT}/,/{_END_OF_NFT}/{{/{_IN_CHAIN_OF_NFT}/d}}"
        else:
            script = f"/{_OF_IPTABLES}|{_OF_PORTS}/d" if self.has_ports else f"/{_OF_IPTABLES}/d"
        return f"sed -i -E {shlex.quote(script)} {shlex.quote(str(self.path))}"


class SavedRules(NamedTuple):
    """What was found in the files, how many there are, and which of them cannot be read."""

    rules: list[SavedRule]
    files: int
    unread: list[Path]


def find(root: Path = Path("/")) -> SavedRules:
    """Look into each file in which rules are usually saved."""
    texts = dict(read_all(root))
    found = [one for path, text in texts.items() for one in _find_in(path, (text or "").splitlines())]
    return SavedRules(found, len(texts), [path for path, text in texts.items() if text is None])


def read_all(root: Path, places: Sequence[str] = PLACES) -> Iterator[tuple[Path, Optional[str]]]:
    """Yield the path and the text of each file in these places; None for one that cannot be read."""
    for path in sorted({path for place in places for path in root.glob(place) if path.is_file()}):
        yield path, _read(path)


def without_ours(text: str) -> str:
    """Return what nft has saved without our rules."""
    lines = text.splitlines(keepends=True)
    ours = set(_number_ours(lines))
    return "".join(line for number, line in enumerate(lines) if number not in ours)


def _read(path: Path) -> Optional[str]:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None


def _find_in(path: Path, lines: Sequence[str]) -> Iterator[SavedRule]:
    said = [line for line in lines if not line.lstrip().startswith("#")]
    ports = any(re.search(_OF_PORTS, line) for line in said)
    if ports or any(_OF_IPTABLES in line for line in said):
        yield SavedRule(path, by_nft=False, has_ports=ports)
    if next(_number_ours(lines), None) is not None:
        ports = any(re.search(rf"{_CHAIN_OF_NFT}|xt match .*jump {CHAIN}$", line) for line in said)
        yield SavedRule(path, by_nft=True, has_ports=ports)
    if any(re.match(_TABLE_OF_NFT, line) for line in said):
        yield SavedRule(path, by_nft=False, is_table=True)


def _number_ours(lines: Sequence[str]) -> Iterator[int]:
    """Yield the number of each line, from 0 on, that nft shows of a rule of ours."""
    in_chain = False
    for number, line in enumerate(lines):
        in_chain = bool(re.match(_CHAIN_OF_NFT, line)) or (in_chain and not re.match(_END_OF_NFT, line))
        if re.match(_OF_NFT, line.rstrip("\n")) or (in_chain and re.search(_IN_CHAIN_OF_NFT, line)):
            yield number
