"""An archive that can test itself, and a wheel that can install: the files of both."""

from __future__ import annotations

import tarfile
from email import message_from_bytes
from pathlib import Path

from tests.distribution.build import PACKAGES, REPOSITORY, build, list_files, unpack, wheel_files


def test_the_archive_holds_the_whole_tree(built: Path, tree: Path) -> None:
    """Docs, scripts and tests too: scripts/test runs in what was unpacked."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert list_files(tree) - names == set()
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "setup.cfg", "pyproject.toml"} <= names


def test_the_wheel_holds_what_the_installer_places(built: Path, tree: Path) -> None:
    """`ideolab-f2b install` of a wheel reads the same files as that of a checkout."""
    shared = {name.partition("share/ideolab-f2b/")[2] for name in wheel_files(built)}
    placed = list_files(tree, ("action.d", "deploy", "filter.d", "jail.d"))
    # the programs that build the dashboard are no part of an installation
    programs = {name for name in placed if name.startswith("deploy/") and name.endswith(".py")}

    assert placed - programs - shared == set()
    assert "scripts/ideolab-fw-ip" in shared


def test_the_wheel_explains_itself(built: Path, tree: Path) -> None:
    """The pages as they are linked, and the addresses of the project."""
    found = wheel_files(built)
    pages = {f"share/doc/ideolab-f2b/{name}" for name in list_files(tree, ("docs",))}
    metadata = next(text.decode() for name, text in found.items() if name.endswith("/METADATA"))

    assert pages | {"share/doc/ideolab-f2b/README.md"} <= set(found)
    for label in ("Source", "Documentation", "Changelog", "Issues"):
        assert f"Project-URL: {label}, https://" in metadata


def test_the_wheel_holds_both_packages_and_nothing_foreign(built: Path, tree: Path) -> None:
    """Templates, translations and py.typed too; no tests, no caches."""
    found = {name for name in wheel_files(built) if not name.startswith("share/")}
    metadata = {name for name in found if name.split("/")[0].endswith(".dist-info")}

    assert found - metadata == list_files(tree, PACKAGES)
    assert {name.rpartition("/")[2] for name in metadata} == {
        *("METADATA", "RECORD", "WHEEL", "top_level.txt", "entry_points.txt", "LICENSE"),
    }
    for kind in (".html", ".css", ".js", ".po", ".mo", "py.typed"):
        assert any(name.endswith(kind) for name in found)


def test_the_wheel_of_the_archive_is_the_wheel(built: Path, tmp_path: Path) -> None:
    """Whoever builds from the archive gets the same files with the same content."""
    again = build(unpack(built, tmp_path), tmp_path, "wheel")

    assert wheel_files(again) == wheel_files(built)


def test_the_metadata_say_what_is_supported(built: Path) -> None:
    """The Djangos and Pythons of the docs, the extras, and no package that must be there."""
    found = wheel_files(built)
    text = next(content for name, content in found.items() if name.endswith("/METADATA"))
    metadata = message_from_bytes(text)
    classifiers = set(metadata.get_all("Classifier", []))
    required = metadata.get_all("Requires-Dist", [])

    assert metadata["Requires-Python"] == ">=3.9"
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in range(9, 15)} <= classifiers
    assert {f"Framework :: Django :: {version}" for version in ("4.2", "5.2", "6.0", "6.1")} <= classifiers
    assert {"Framework :: Django", "Typing :: Typed"} <= classifiers
    assert [line for line in required if "extra ==" not in line] == []
    assert [line for line in required if line.startswith("Django>=4.2") and "django" in line.split(";")[1]]
    assert str(metadata.get_payload()).startswith("# ideolab-f2b")


def test_the_readme_clones_what_the_metadata_names() -> None:
    """One address in both."""
    text = (REPOSITORY / "setup.cfg").read_text()
    url = text.split("    Source = ")[1].split("\n")[0]

    assert f"git clone {url}" in (REPOSITORY / "README.md").read_text()
