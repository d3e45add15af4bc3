"""request: what an address asked for before it became a suspect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ideolab_f2b.complaint import complain_on_stderr
from ideolab_f2b.config import Paths
from ideolab_f2b.connmon.output.writer import Writer
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.fingerprint import request

OLD = '{"ip":"198.51.100.9","time":"x","status":"408","tls":"TLSv1.3","ciphers":"0x1302","curves":"0x001d"}'
NEW = '{"ip":"198.51.100.9","time":"x","status":"408","tls":"TLSv1.3","ciphers":"0x1301","curves":"0x001d"}'
KEY = "nj1_13_01_0f2cb44170f4_6d9185085db1"


def log(directory: Path, *lines: str) -> Path:
    path = directory / "nginx-access.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_the_latest_request_counts(tmp_path: Path) -> None:
    """Of this address, and of no longer one that begins alike."""
    path = log(tmp_path, OLD, NEW, OLD.replace("100.9", "100.99"), '{"ip":"198.51.100.9","time":"cut')

    assert request.fingerprints(path, {"198.51.100.9", "198.51.100.1"}) == {"198.51.100.9": {"nj1": KEY}}


def test_an_ipv6_address_has_those_of_its_64(tmp_path: Path) -> None:
    """The intake writes no more of it."""
    path = log(tmp_path, NEW.replace("198.51.100.9", "2001:db8:0:7::/64"))
    asked = {"2001:db8:0:7::1", "2001:db8:0:7::/64", "2001:db8:0:8::1", "2001:db8::/48"}

    found = request.fingerprints(path, asked)
    assert found == {"2001:db8:0:7::1": {"nj1": KEY}, "2001:db8:0:7::/64": {"nj1": KEY}}


@pytest.mark.parametrize("shared", ["64:ff9b::%x", "2001:0:4136:e378:8000:63bf:3fff:%x", "fe80::%x"])
def test_clients_that_share_a_64_are_asked_one_by_one(tmp_path: Path, shared: str) -> None:
    """Another client of the same translator sent the latest request."""
    mine, other = shared % 7, shared % 8
    path = log(tmp_path, NEW.replace("198.51.100.9", mine), OLD.replace("198.51.100.9", other))

    assert request.fingerprints(path, {mine}) == {mine: {"nj1": KEY}}
    assert request.fingerprints(path, {shared % 9}) == {}


def test_the_log_may_have_the_whole_address(tmp_path: Path) -> None:
    """As that of an nginx without the intake."""
    path = log(tmp_path, NEW.replace("198.51.100.9", "2001:db8:0:7::9"))

    found = request.fingerprints(path, {"2001:db8:0:7::/64"})
    assert found == {"2001:db8:0:7::/64": {"nj1": KEY}}


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    """A suspect is no reason to read a gigabyte."""
    path = log(tmp_path, NEW, "x" * request.TAIL)

    assert request.fingerprints(path, {"198.51.100.9"}) == {}


def test_no_log_no_fingerprint(tmp_path: Path) -> None:
    """A host without the intake."""
    assert request.fingerprints(tmp_path / "missing", {"198.51.100.9"}) == {}


def test_the_event_of_a_suspect_has_it(tmp_path: Path) -> None:
    """In raw, beside the network key."""
    log(tmp_path, NEW)
    suspect = Suspect("198.51.100.9", "ip", 2, 8, 1, {"mute": 8})
    Writer(Paths(tmp_path, tmp_path, tmp_path), complain_on_stderr("connmon")).write(
        [PortTick(1795359121.0, 443, Findings([suspect]), 0.0)]
    )

    event = json.loads((tmp_path / "connmon_events.jsonl").read_text())
    assert event["raw"]["fingerprint"] == {"nj1": KEY}
