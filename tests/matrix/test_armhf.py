"""The netlink layer where long has 32 bits and time_t has 64: Debian 13 armhf (issue of the SO_RCVTIMEO)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.matrix import armhf
from tests.matrix.chroot import BuildError

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(1200)]

#: the emulator knows rtnetlink, and neither netfilter nor sock_diag: what those say is parsed from records
TESTED = ("tests/kernel/test_netlink.py", "tests/kernel/test_address.py",
          "tests/kernel/ipset/test_element.py",
          "tests/kernel/sockets/test_tcp_info.py", "tests/kernel/sockets/test_dump.py",
          "tests/kernel/sockets/test_inet_diag.py", "tests/kernel/sockets/test_upstreams.py",
          "tests/intake/test_acl.py", "tests/intake/test_recvmmsg.py")  # fmt: skip
_PROGRAM = """
import json, socket, struct, sys
from ideolab_f2b.kernel import address, netlink
forms = []
class Watched(socket.socket):
    def setsockopt(self, level, option, value):
        if option == socket.SO_RCVTIMEO:
            forms.append(len(value))
            # what the kernel of such a system does, which the emulator does not know
            if len(value) < 16:
                raise OSError(22, "Invalid argument")
            return
        super().setsockopt(level, option, value)
socket.socket = Watched
with netlink.Channel(0):
    pass
own = sorted(map(str, address.local_addresses()))
found = {"long": struct.calcsize("@l"), "option": socket.SO_RCVTIMEO, "forms": forms[:2], "own": own}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def root() -> Path:
    try:
        armhf.emulator()
        return armhf.build()
    except BuildError as problem:
        pytest.skip(str(problem))


def test_channel(root: Path) -> None:
    """The short struct is refused and the long one taken; a dump of the real kernel is read."""
    done = armhf.run(root, "-c", _PROGRAM)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "127.0.0.1" in found.pop("own")
    assert found == {"long": 4, "option": 66, "forms": [8, 16]}


def test_pack(root: Path) -> None:
    """What packs and reads the kernel's structs passes its own tests there."""
    done = armhf.run(
        root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "filterwarnings=default",
        "--disable-warnings", "-m", "not root and not systemd and not matrix and not bench", *TESTED,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 80
