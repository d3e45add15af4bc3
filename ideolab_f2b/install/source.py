"""Where the files come from: a checkout, the installed copy, or what pip put below sys.prefix."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ideolab_f2b
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.manifest import read_tree

#: what is installed with the package, so that the installed copy can install again
_PARTS = ("action.d", "deploy", "docs", "filter.d", "jail.d")
_LEAVES = ("CHANGELOG.md", "LICENSE", "README.md", "scripts/ideolab-fw-ip")


@dataclass(frozen=True)
class Source:
    """The package, and the directory with filter.d, action.d, jail.d and deploy."""

    package: Path
    files: Path

    def read(self, name: str) -> bytes:
        """Return the content of one file, by its path in the repository."""
        return (self.files / name).read_bytes()

    def names(self, part: str) -> list[str]:
        """Return the names of the files of one directory; none where it does not exist."""
        return sorted(path.name for path in (self.files / part).glob("*") if path.is_file())

    def everything(self) -> dict[str, bytes]:
        """Return {path in the installed copy: content}."""
        found = {f"{self.package.name}/{name}": text for name, text in read_tree(self.package).items()}
        for part in _PARTS:
            found.update((f"{part}/{name}", text) for name, text in read_tree(self.files / part).items())
        found.update((name, self.read(name)) for name in _LEAVES if (self.files / name).exists())
        return found


def _candidates(package: Path, prefix: Path) -> Iterator[Path]:
    yield package.parent
    yield prefix / "share" / "ideolab-f2b"
    # pip install --user and --prefix: lib/python3.x/site-packages beside share
    yield from (parent / "share" / "ideolab-f2b" for parent in package.parents[1:5])


def find(package: Path | None = None, prefix: Path = Path(sys.prefix)) -> Source:
    """Find the files that belong to the running package; InstallError when they are not there."""
    package = (package or Path(ideolab_f2b.__file__).parent).resolve()
    for files in _candidates(package, prefix):
        if (files / "jail.d" / "ideolab.conf").exists() and (files / "deploy" / "f2b.conf").exists():
            return Source(package, files)
    raise InstallError(
        f"filter.d, action.d, jail.d and deploy are not beside {package} nor in {prefix}/share/ideolab-f2b; "
        "install from a checkout with scripts/install"
    )
