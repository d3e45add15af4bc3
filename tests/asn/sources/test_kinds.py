"""What a file is, by its content."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.asn.sources import kinds
from ideolab_f2b.ranges.mmdb import MARK


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\0" * 100 + MARK + b"\xe0", "mmdb"),
        (b"network,autonomous_system_number,autonomous_system_organization\n", "csv"),
        (b"198.51.100.0/24,64500,EXAMPLE\n", "csv"),
        (b"198.51.100.0,198.51.100.255,64500,EXAMPLE\n", "csv"),
        (b"2001:db8::,2001:db8::ffff,64500,EXAMPLE\n", "csv"),
        (b"\xef\xbb\xbf198.51.100.0\t198.51.100.255\t64500\tFR\tEXAMPLE\n", "csv"),
        (b"#\n# Location Database Export\n#\n\naut-num:  AS64500\nname: EXAMPLE\n", "libloc"),
        (b"\nnet:     198.51.100.0/24\n", "libloc"),
        (b"% a server\n\nroute:      198.51.100.0/24\norigin: AS64500\n", "radb"),
        (b"route6: 2001:db8::/32\n", "radb"),
        (b"198.51.100.0/24\n203.0.113.0/24\n", "list"),
        (b"2001:db8::/32\n", "list"),
        (b"fd00::/8\n", "list"),
        (b"A31\n198.51.100.0/24 203.0.113.0/25\nC\n", "list"),
        (b"198.51.100.0/24 203.0.113.0/25\n", "list"),
        (b"D\n", "list"),
    ],
)
def test_what_a_file_is(content: bytes, kind: str) -> None:
    """Its name says nothing; it is rewound for its reader."""
    file = io.BytesIO(content)
    assert kinds.detect(file) == kind
    assert file.tell() == 0


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", "x")
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty: get it anew"),
        (gzip.compress(b"x", mtime=0), "packed by gzip: unpack it with gunzip -k"),
        (_zip(), "a zip archive: unpack it with unzip"),
        (_tar(), "a tar archive: unpack it with tar xf"),
        (lzma.compress(b"x"), "packed by xz: unpack it with unxz -k"),
        (bz2.compress(b"x"), "packed by bzip2: unpack it with bunzip2 -k"),
        (b"LOCDBXX\0\0\0\1", "libloc's own database: location --database FILE dump TEXT makes a text of it"),
        (b"SQLite format 3\0", "a database of SQLite: give the file that it was built from"),
        ("a,b".encode("utf-16"), "text in UTF-16: write it in UTF-8 with iconv"),
        (b"\x7fELF\0\0", "neither a text nor an MMDB file; docs/asn.md says which files are taken"),
        (b"<!DOCTYPE html>\n<p>403", "a web page or JSON, so a download failed or was another one"),
        (b'{"error": "no"}', "a web page or JSON"),
        (b"# only\n% remarks\n", "without any row at its begin"),
        (b"Hello there\n", "of no known format; docs/asn.md says"),
    ],
)
def test_what_is_no_source(content: bytes, message: str) -> None:
    """What it is instead, with the command that unpacks it."""
    with pytest.raises(ValueError, match=f"^{message}"):
        kinds.detect(io.BytesIO(content))


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """A kind, or a ValueError."""
    with contextlib.suppress(ValueError):
        assert kinds.detect(io.BytesIO(content)) in kinds.KINDS
