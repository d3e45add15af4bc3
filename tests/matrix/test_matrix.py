"""The pack on the fail2ban and the Python of other releases: filters, the pure parts, real servers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.matrix import chroot

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(1200)]

#: what fail2ban-server loads and what it reads, and the tests of the pure parts
TESTED = ("tests/actions", "tests/samples", "tests/kernel", "tests/notation", "tests/connmon",
          "tests/test_config.py", "tests/test_event.py", "tests/test_logline.py", "tests/fw_ip/test_host.py",
          "tests/fw_ip/test_order.py", "tests/fw_ip/test_protocol.py")  # fmt: skip
RELEASES = {"bullseye": ("0.11.2", "3.9"), "trixie": ("1.1.0", "3.13"), "forky": ("1.1.1", "3.14")}


@pytest.fixture(scope="module", params=sorted(RELEASES))
def release(request: pytest.FixtureRequest) -> tuple[str, Path]:
    try:
        return request.param, chroot.build(request.param)
    except chroot.BuildError as problem:
        pytest.skip(str(problem))


def test_versions(release: tuple[str, Path]) -> None:
    """The release brings the fail2ban and the Python that it is here for."""
    name, root = release
    fail2ban, python = RELEASES[name]

    assert fail2ban in chroot.run(root, "fail2ban-server", "--version").stdout
    assert chroot.run(root, "python3", "--version").stdout.startswith(f"Python {python}.")


def test_pack(release: tuple[str, Path]) -> None:
    """The same tests as on this host, with real servers in namespaces, pass there."""
    _name, root = release

    done = chroot.run(
        root, "sh", "-c",
        # its pytest is older or newer than ours: warnings are not errors there
        "cd /pack && exec python3 -m pytest -q -x -p no:cacheprovider -o filterwarnings=default "
        f"--disable-warnings -m 'not systemd and not matrix and not bench' {' '.join(TESTED)}",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 200
