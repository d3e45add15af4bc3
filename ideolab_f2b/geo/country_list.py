"""The country list: prefixes of the chosen countries, and the file that keeps them."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Union, overload

from ideolab_f2b.geo import saved_file

#: root's, like all of this directory; the rule in the kernel is made from it
DEFAULT_PATH = Path("/var/lib/ideolab-f2b/geo/list")
_MAGIC = b"ideolab-country-list-1\n"
#: bits of an IPv6 address that the file leaves out: no prefix is longer than /64
_HOST_BITS = 64


class CountryListError(ValueError):
    """There is no list, or it cannot be read; the text names `ideolab-f2b geo build`."""


class Prefixes(Sequence[tuple[int, int]]):
    """Prefixes (address, prefix length) in order of address, nine bytes each at most."""

    def __init__(self, version: int, addresses: array[int], lengths: array[int]) -> None:
        self.version, self.addresses, self.lengths = version, addresses, lengths
        self._shift = _HOST_BITS if version == 6 else 0

    @classmethod
    def make(cls, version: int, prefixes: Iterable[tuple[int, int]] = ()) -> Prefixes:
        """Return the prefixes, which are sorted, of one family and not longer than /64 (IPv6)."""
        shift = _HOST_BITS if version == 6 else 0
        addresses, lengths = array("Q" if version == 6 else "I"), array("B")
        for address, length in prefixes:
            addresses.append(address >> shift)
            lengths.append(length)
        return cls(version, addresses, lengths)

    def __len__(self) -> int:
        return len(self.addresses)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        if not self._shift:
            return zip(self.addresses, self.lengths)
        return ((address << _HOST_BITS, length) for address, length in zip(self.addresses, self.lengths))

    @overload
    def __getitem__(self, index: int) -> tuple[int, int]: ...
    @overload
    def __getitem__(self, index: slice) -> Prefixes: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[tuple[int, int], Prefixes]:
        """Return one prefix, or some as a sequence of the same kind."""
        if isinstance(index, slice):
            return Prefixes(self.version, self.addresses[index], self.lengths[index])
        return self.addresses[index] << self._shift, self.lengths[index]

    def has_address(self, address: int) -> bool:
        """Return whether an address lies in one of the prefixes."""
        at = bisect_right(self.addresses, address >> self._shift) - 1
        if at < 0:
            return False
        first, length = self[at]
        return (address ^ first) >> ((128 if self.version == 6 else 32) - length) == 0

    def count_addresses(self) -> int:
        """Return how many addresses of IPv4, or /64s of IPv6, the prefixes hold."""
        bits = _HOST_BITS if self.version == 6 else 32
        return sum(1 << (bits - length) for length in self.lengths)


@dataclass(frozen=True)
class CountryList:
    """The list; `dated` is when the source was made, `built` when the list was, in epoch seconds."""

    #: allow or deny
    policy: str
    countries: tuple[str, ...]
    source: str
    dated: float
    built: float
    #: {4: prefixes of IPv4, 6: those of IPv6}
    families: dict[int, Prefixes] = field(repr=False)

    def prefixes(self, version: int) -> Prefixes:
        """Return the prefixes of a family, 4 or 6, as a sequence of (address, prefix length)."""
        return self.families[version]

    def has_address(self, address: Union[IPv4Address, IPv6Address]) -> bool:
        """Return whether an address lies in a listed country; an IPv4-mapped one counts as IPv4."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        one = mapped or address
        return self.families[one.version].has_address(int(one))

    def is_refused(self, address: Union[IPv4Address, IPv6Address]) -> bool:
        """Return whether the policy refuses an address, by the countries alone."""
        return self.has_address(address) == (self.policy == "deny")


def save(one: CountryList, path: Path = DEFAULT_PATH) -> None:
    """Put the list at `path` in one step. OSError names `path`."""
    header: dict[str, Any] = {
        "policy": one.policy,
        "countries": one.countries,
        "source": one.source,
        "dated": one.dated,
        "built": one.built,
    }
    four, six = one.families[4], one.families[6]
    saved_file.write(path, _MAGIC, header, [four.addresses, four.lengths, six.addresses, six.lengths])


def load(path: Path = DEFAULT_PATH) -> CountryList:
    """Read the list. CountryListError says what to type where it is missing or cannot be read."""
    try:
        header, columns = saved_file.read(path, _MAGIC)
        return _make(header, *columns)
    except FileNotFoundError as error:
        raise CountryListError(f"there is no country list ({path}); sudo ideolab-f2b geo build") from error
    except PermissionError as error:
        # it may be whole: the command line says that root reads it
        raise CountryListError(str(error)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CountryListError(f"{error}; sudo ideolab-f2b geo build makes it anew") from error


def _make(
    header: dict[str, Any], four: array[int], bits4: array[int], six: array[int], bits6: array[int]
) -> CountryList:
    if header["policy"] not in ("allow", "deny"):
        raise ValueError("its policy is neither allow nor deny")
    if (len(four), len(six)) != (len(bits4), len(bits6)):
        raise ValueError("its columns differ in length")
    return CountryList(
        header["policy"],
        tuple(map(str, header["countries"])),
        str(header["source"]),
        float(header["dated"]),
        float(header["built"]),
        {4: Prefixes(4, four, bits4), 6: Prefixes(6, six, bits6)},
    )
