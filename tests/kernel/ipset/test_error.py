"""Each error number of the kernel has a name and a way out."""

from __future__ import annotations

import errno

import pytest

from ideolab_f2b.kernel.ipset import error as errors
from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError


@pytest.mark.parametrize(
    ("code", "is_list", "kind"),
    [
        (errno.EPERM, False, PermissionDeniedError),
        (errno.ENOENT, False, errors.SetMissingError),
        (errno.EEXIST, False, errors.SetTypeError),
        (4098, False, ModuleMissingError),
        (4100, False, errors.SetBusyError),
        (4104, False, errors.ElementError),
        (4352, False, errors.SetFullError),
        (4352, True, errors.SetMissingError),
        (4356, True, errors.ListFullError),
        (4999, False, errors.SetError),
        (errno.EINVAL, False, errors.SetError),
    ],
)
def test_error(code: int, is_list: bool, kind: type[KernelError]) -> None:
    """A number becomes the exception that callers tell apart; numbers of hash and list types differ."""
    found = errors.error(code, 'add 198.51.100.7 to set "x"', is_list)

    assert type(found) is kind
    assert found.errno == code
    assert found.way_out


def test_text() -> None:
    """The text names what was asked, what the kernel said and what to do."""
    assert str(errors.error(4352, 'add 198.51.100.7/32 to set "x"')) == (
        'add 198.51.100.7/32 to set "x": the set is full; raise maxelem of the set, or shorten the bans'
    )
    assert str(errors.error(4999, "list sets")).startswith("list sets: ipset error 4999; ")
    assert str(errors.error(errno.EINVAL, "list sets")).startswith("list sets: Invalid argument; ")
