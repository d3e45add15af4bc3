"""Each refusal of the kernel is an exception that names what was asked and the way out."""

from __future__ import annotations

import errno

import pytest

from ideolab_f2b.kernel.ipset.error import SetError, SetFullError, SetMissingError
from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError
from ideolab_f2b.kernel.nft import error


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (errno.EPERM, PermissionDeniedError, "ask: permission denied; run as root or with CAP_NET_ADMIN"),
        (errno.ENOENT, SetMissingError, "ask: the set does not exist; create the set first"),
        (errno.ENFILE, SetFullError, "ask: the set is full; raise maxelem of the set, or shorten the bans"),
        (
            errno.EOPNOTSUPP,
            ModuleMissingError,
            "ask: the kernel lacks a part of nf_tables; load the kernel module: ",
        ),
        (errno.EMSGSIZE, SetError, "ask: the transaction is larger than this process may send; run as root"),
        (errno.ENOMEM, SetError, "ask: Cannot allocate memory; see dmesg"),
    ],
)
def test_error(code: int, kind: type[KernelError], text: str) -> None:
    """The same kinds as those of ipset."""
    found = error.error(code, "ask")
    assert type(found) is kind
    assert str(found).startswith(text)
    assert found.errno == code


def test_name_errors() -> None:
    """What has a name keeps it."""
    with pytest.raises(SetMissingError, match="look: the set does not exist"), error.name_errors("look"):
        raise OSError(errno.ENOENT, "x")
    with pytest.raises(SetMissingError, match="first: the set does not exist"), error.name_errors("look"):
        raise error.error(errno.ENOENT, "first")
