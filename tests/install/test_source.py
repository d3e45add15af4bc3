"""Where the files are found: in the checkout, in the installed copy, and after pip."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.install import source
from ideolab_f2b.install.errors import InstallError

REPOSITORY = Path(__file__).resolve().parents[2]


def laid_out(top: Path) -> Path:
    for name in ("jail.d/ideolab.conf", "deploy/f2b.conf"):
        (top / name).parent.mkdir(parents=True)
        (top / name).touch()
    return top


def test_a_checkout_is_its_own_source() -> None:
    """So is the installed copy, which looks the same."""
    found = source.find()

    assert (found.package, found.files) == (REPOSITORY / "ideolab_f2b", REPOSITORY)


@pytest.mark.parametrize("packages", ["lib/python3.11/site-packages", "lib/python3/dist-packages"])
def test_pip_puts_them_below_share(tmp_path: Path, packages: str) -> None:
    """In a venv, system-wide, with --user and with --prefix."""
    package = tmp_path / packages / "ideolab_f2b"
    package.mkdir(parents=True)
    files = laid_out(tmp_path / "share" / "ideolab-f2b")

    assert source.find(package, prefix=tmp_path / "elsewhere").files == files
    assert source.find(tmp_path / "elsewhere" / "ideolab_f2b", prefix=tmp_path).files == files


def test_a_package_alone_says_what_to_do(tmp_path: Path) -> None:
    """Such as one that was copied by hand."""
    with pytest.raises(InstallError, match="install from a checkout with scripts/install"):
        source.find(tmp_path / "ideolab_f2b", prefix=tmp_path)
