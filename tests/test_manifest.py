"""The record of an install: what goes in comes out, and what stands there is compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import manifest
from ideolab_f2b.manifest import Entry, InstallOptions, Manifest, ManifestError, Saved, digest, digest_of

WHOLE = Manifest(
    "0.1.0",
    (
        Entry("file", "/etc/x", "abc", Saved(0o644, 0, 0, content=b"\xff\x00")),
        Entry("link", "/etc/y", "def", Saved(0o777, 0, 0, link="/z")),
        Entry("directory", "/etc", "", Saved(0o755, 0, 0)),
        Entry("user", "ideolab"),
    ),
    {"fail2ban_active": True},
    InstallOptions(True, "www-data", "site", False),
)


def test_a_manifest_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Bytes of any kind, links, directories and nothing among what was there before."""
    manifest.save(WHOLE, tmp_path / "m.json")

    assert manifest.load(tmp_path / "m.json") == WHOLE


def test_a_manifest_of_another_version(tmp_path: Path) -> None:
    """An older one has no options; what only a newer one knows is left out."""
    (tmp_path / "old.json").write_text('{"version": "0.1.0", "entries": [], "services": {}}')
    (tmp_path / "new.json").write_text(
        '{"version": "9", "entries": [], "services": {}, "options": {"nginx": true, "apache": true}}'
    )

    assert manifest.load(tmp_path / "old.json") == Manifest("0.1.0")
    assert manifest.load(tmp_path / "new.json") == Manifest("9", options=InstallOptions(nginx=True))


def test_no_manifest_is_no_install(tmp_path: Path) -> None:
    """Which is no error."""
    assert manifest.load(tmp_path / "m.json") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": "1", "entries": [{}], "services": {}}'])
def test_a_manifest_that_cannot_be_read_is_an_error(tmp_path: Path, text: str) -> None:
    """It names the file and the way out."""
    (tmp_path / "m.json").write_text(text)

    with pytest.raises(ManifestError, match=r"m\.json: no manifest of ideolab-f2b .*; restore or delete it"):
        manifest.load(tmp_path / "m.json")


def test_saved_is_what_stood_there(tmp_path: Path) -> None:
    """A file, a link, a directory, nothing; nothing is also what lies below a file."""
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("nowhere")

    file, link, directory = (Saved.of(tmp_path / name) for name in ("file", "link", "."))

    assert file is not None and file.content == b"text"
    assert link is not None and (link.link, link.content) == ("nowhere", None)
    assert directory is not None and (directory.link, directory.content) == (None, None)
    assert (Saved.of(tmp_path / "none"), Saved.of(tmp_path / "file" / "below")) == (None, None)


def test_digests_tell_what_is_there_now(tmp_path: Path) -> None:
    """By kind; something of another kind is never the same."""
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("nowhere")

    assert digest("file", tmp_path / "file") == digest_of(b"text")
    assert digest("link", tmp_path / "link") == digest_of(b"nowhere")
    assert digest("file", tmp_path) == ""
    assert digest("link", tmp_path / "file") == ""
    assert digest("file", tmp_path / "none") is None
    assert digest("log", tmp_path / "file") == ""


def test_a_block_is_compared_without_the_rest_of_its_file(tmp_path: Path) -> None:
    """And is nothing where the marks are gone."""
    ours = b"# >>> ideolab-f2b\n[a]\n# <<< ideolab-f2b\n"
    (tmp_path / "jail.local").write_bytes(b"[theirs]\n" + ours + b"[also theirs]\n")
    assert digest("block", tmp_path / "jail.local") == digest_of(ours)

    (tmp_path / "jail.local").write_bytes(b"[theirs]\n")
    assert digest("block", tmp_path / "jail.local") == ""


def test_a_tree_is_its_names_and_contents(tmp_path: Path) -> None:
    """What Python compiles into it does not count."""
    files = {"a.py": b"A\n", "sub/b": b"B\n"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").touch()

    assert manifest.read_tree(tmp_path) == files
    assert digest("tree", tmp_path) == manifest.digest_of_tree(files)
    assert manifest.digest_of_tree({"a": b"1"}) != manifest.digest_of_tree({"a1": b""})
