"""The kernel's ipset error numbers as named exceptions with the way out."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError


class SetError(KernelError):
    """ipset refused a request."""


class SetMissingError(SetError):
    way_out = "create the set first (a restart of fail2ban creates those of its jails)"


class SetTypeError(SetError):
    """A set of that name exists with another type, family, size or timeout support."""

    way_out = "destroy the other set, or choose another name"


class SetFullError(SetError):
    way_out = "raise maxelem of the set, or shorten the bans"


class ListFullError(SetError):
    way_out = "create the list:set with a larger size"


class SetBusyError(SetError):
    way_out = "remove the rules and the list:set that refer to the set first"


class ElementError(SetError):
    """The element does not fit the set: prefix, family or timeout."""

    way_out = "give a prefix of 1 to 32 (inet) or 1 to 128 (inet6), in the family of the set"


#: linux/netfilter/ipset/ip_set.h IPSET_ERR_*; errno below 4096
ELEMENT_EXISTS = 4103
_TEXT_AND_KIND: Mapping[int, tuple[str, type[KernelError]]] = {
    errno.EPERM: ("permission denied", PermissionDeniedError),
    errno.EACCES: ("permission denied", PermissionDeniedError),
    errno.ENOENT: ("the set does not exist", SetMissingError),
    errno.EEXIST: ("a set of that name exists with another type or other settings", SetTypeError),
    4097: ("the kernel does not take this request (protocol, or family of the set)", ElementError),
    4098: ("the kernel does not know this type of set", ModuleMissingError),
    4099: ("the kernel holds as many sets as it can", SetError),
    4100: ("the set is in use", SetBusyError),
    4101: ("a set of that name exists", SetTypeError),
    4102: ("the sets are of different types or families", SetTypeError),
    ELEMENT_EXISTS: ("the element is in the set already, or is not in it", ElementError),
    4104: ("invalid prefix length", ElementError),
    4105: ("invalid netmask", ElementError),
    4106: ("invalid family", ElementError),
    4107: ("the set was created without timeout support", SetTypeError),
    4108: ("a rule or a list:set refers to the set", SetBusyError),
    4109: ("an IPv4 address is expected", ElementError),
    4110: ("an IPv6 address is expected", ElementError),
}
#: numbers from 4352 on mean one thing to hash types and another to list:set
_HASH: Mapping[int, tuple[str, type[KernelError]]] = {
    4352: ("the set is full", SetFullError),
    4353: ("the element is null", ElementError),
}
_LIST: Mapping[int, tuple[str, type[KernelError]]] = {
    4352: ("the member set does not exist", SetMissingError),
    4353: ("a list:set cannot hold a list:set", SetTypeError),
    4356: ("the list:set is full", ListFullError),
    4357: ("the member is not in the list:set", SetMissingError),
}


def error(code: int, asked: str, is_list: bool = False) -> KernelError:
    """The exception for an error number of the kernel."""
    specific = _LIST if is_list else _HASH
    text, kind = specific.get(code) or _TEXT_AND_KIND.get(code) or (_plain(code), SetError)
    return kind(code, asked, text)


def _plain(code: int) -> str:
    # the numbers above 4095 are ipset's own: strerror would call them unknown
    return f"ipset error {code}" if code >= 4096 else ""
