"""The kernel's nf_tables error numbers as the exceptions of sets, with the way out."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Mapping

from ideolab_f2b.kernel.ipset.error import (
    ElementError,
    SetBusyError,
    SetError,
    SetFullError,
    SetMissingError,
    SetTypeError,
)
from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError
from ideolab_f2b.kernel.nft.names import TABLE


class TransactionError(OSError):
    """The kernel refused a transaction; `index` is the number of the change, -1 for the whole."""

    def __init__(self, code: int, index: int) -> None:
        super().__init__(code, f"change {index}")
        self.index = index


class TableOwnedError(PermissionDeniedError):
    """Another process owns the table: only its socket may change it."""

    way_out = "that is fail2ban-server: ask it (fail2ban-client, ideolab-f2b ban), or stop it first"


_MISSING = "load the kernel module: modprobe nf_tables"
_TEXT_AND_KIND: Mapping[int, tuple[str, type[KernelError], str]] = {
    errno.EPERM: ("permission denied", PermissionDeniedError, ""),
    errno.EACCES: ("permission denied", PermissionDeniedError, ""),
    errno.ENOENT: ("the set does not exist", SetMissingError, ""),
    errno.EEXIST: ("a set of that name exists with other settings", SetTypeError, ""),
    errno.ENFILE: ("the set is full", SetFullError, ""),
    errno.EBUSY: ("a rule refers to the set", SetBusyError, ""),
    errno.ERANGE: ("the time is longer than the kernel can count", ElementError, ""),
    errno.EMSGSIZE: ("the transaction is larger than this process may send", SetError, "run as root"),
    errno.EOPNOTSUPP: ("the kernel lacks a part of nf_tables", ModuleMissingError, _MISSING),
    errno.EPROTONOSUPPORT: ("the kernel has no nf_tables", ModuleMissingError, _MISSING),
    errno.EAFNOSUPPORT: ("the kernel has no table of both families", ModuleMissingError, _MISSING),
}


def error(code: int, asked: str) -> KernelError:
    """The exception for an error number of the kernel."""
    text, kind, way_out = _TEXT_AND_KIND.get(code, ("", SetError, ""))
    return kind(code, asked, text, way_out)


def owned_error(asked: str, port: int) -> TableOwnedError:
    """The exception for a table that the socket `port` of another process owns."""
    return TableOwnedError(
        errno.EPERM, asked, f"another process (netlink port {port}) owns table inet {TABLE}"
    )


@contextlib.contextmanager
def name_errors(asked: str) -> Iterator[None]:
    """Raise what the kernel refuses meanwhile as the exception that names what was asked."""
    try:
        yield
    except KernelError:
        raise
    except OSError as problem:
        raise error(problem.errno or errno.EIO, asked) from problem
