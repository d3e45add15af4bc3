"""ipwhois_process: ipwhois in a process of its own, with the library, without it, and with one that hangs."""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b.origin import ipwhois_process
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin

REPOSITORY = Path(__file__).resolve().parents[2]
A: Address = ipaddress.ip_address("198.51.100.7")
B: Address = ipaddress.ip_address("203.0.113.9")
#: a library of that name; its answers are those of `lookup`
LIBRARY = {
    "__init__.py": "",
    "exceptions.py": "class IPDefinedError(Exception): pass\n",
    "net.py": "class Net:\n    def __init__(self, address, timeout): self.address = address\n",
    "asn.py": """\
        from .exceptions import IPDefinedError
        class IPASN:
            def __init__(self, net): self.net = net
            def lookup(self, retry_count):
                {lookup}
        """,
}
ANSWER = {
    "asn": "64500",
    "asn_cidr": "198.51.100.0/24",
    "asn_country_code": "FR",
    "asn_description": "EXAMPLE, FR\n64501",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts an ipwhois of our own first, whose lookup() is the given statement."""

    def install(lookup: str) -> None:
        package = tmp_path / "ipwhois"
        package.mkdir()
        for name, text in LIBRARY.items():
            (package / name).write_text(textwrap.dedent(text).replace("{lookup}", lookup))
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


def ask(addresses: Sequence[Address], seconds: float = 20.0) -> tuple[dict[Address, Origin], str | None]:
    found, trouble = ipwhois_process.ask(addresses, time.monotonic() + seconds)
    return found, trouble


def test_answers_become_origins(library: Any) -> None:
    """The row of a further origin, which ipwhois glues to the name, is cut off."""
    library(f"return {ANSWER!r} if self.net.address == '198.51.100.7' else {{'asn': 'NA', 'asn_cidr': None}}")

    assert ask([A, B]) == (
        {
            A: Origin("198.51.100.7", "64500", "EXAMPLE, FR", "FR", "198.51.100.0/24", "ipwhois"),
            B: Origin("203.0.113.9", source="ipwhois"),
        },
        None,
    )


def test_what_one_address_raises_does_not_stop_the_next(library: Any) -> None:
    """Reserved ones are nobody's; every other exception is the trouble of that address."""
    library(
        "if self.net.address == '198.51.100.7': raise IPDefinedError('x')\n"
        "        raise MemoryError('too long')"
    )

    assert ask([A, B]) == ({A: Origin("198.51.100.7", source="ipwhois")}, "ipwhois: MemoryError: too long")


@pytest.mark.alone
def test_a_library_that_hangs_is_ended(library: Any) -> None:
    """What was answered before is kept."""
    library(f"import time; return {ANSWER!r} if self.net.address == '198.51.100.7' else time.sleep(60)")
    begin = time.monotonic()
    found, trouble = ask([A, B], 2.0)

    assert time.monotonic() - begin < 6.0
    assert (list(found), trouble) == ([A], "ipwhois: no answer in time")


def test_answers_of_any_length_end_in_a_limit(library: Any) -> None:
    """The process may not take the memory of the machine."""
    library("return {'asn': '64500', 'asn_description': len('x' * 2_000_000_000)}")

    assert ask([A]) == ({}, "ipwhois: MemoryError: ")


@pytest.mark.parametrize(
    "answer", [{"asn": None}, {"asn": "x" * 100_000}, {"asn": ["64500"], "asn_cidr": {}}]
)
def test_garbage_is_no_answer(library: Any, answer: dict[str, Any]) -> None:
    """Only what has the form of an ASN."""
    library(f"return {answer!r}")

    assert ask([A]) == ({}, "ipwhois: no ASN in the answer")


def test_a_library_that_prints(library: Any) -> None:
    """Lines that are no JSON object are no answer."""
    library("print('[1]'); return {'asn': '64500'}")

    assert ask([A])[0] == {}


def test_without_the_library(library: Any, tmp_path: Path) -> None:
    """Said with the way out."""
    library("pass")
    (tmp_path / "ipwhois" / "__init__.py").write_text("raise ImportError('none')")

    assert ask([A]) == ({}, ipwhois_process.MISSING)


def test_no_interpreter_and_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither raises."""
    assert ask([A], -1.0) == ({}, "ipwhois: no answer in time")
    monkeypatch.setattr(sys, "executable", "/nonexistent/python3")
    found, trouble = ask([A])

    assert found == {}
    assert trouble is not None
    assert trouble.startswith("ipwhois: not started: [Errno 2]")


REAL = """\
import json, subprocess, sys, tempfile, time, ipaddress
sys.path.insert(0, {repository!r})
from ideolab_f2b.origin import ipwhois_process
from tests.origin.whois_server import WhoisServer
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
files = {{"hosts": "127.0.0.1 localhost whois.cymru.com\\n", "resolv.conf": "nameserver 127.0.0.1\\n"}}
for name, text in files.items():
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        subprocess.run(["mount", "--bind", file.name, "/etc/" + name], check=True)
with WhoisServer(sys.argv[1], {{"8.8.8.0/24": ("64500", "FR", "EXAMPLE, FR")}}, port=43) as server:
    begin = time.monotonic()
    found, trouble = ipwhois_process.ask([ipaddress.ip_address("8.8.8.8")], begin + float(sys.argv[2]))
    took = time.monotonic() - begin
    print(json.dumps([[str(one) for one in found.values()], trouble, server.connections, took]))
"""


def real(mode: str, seconds: float) -> tuple[list[str], str | None, int, float]:
    """The real ipwhois, in a network of its own, where our server is whois.cymru.com."""
    done = subprocess.run(
        [
            "unshare",
            "-n",
            "-m",
            sys.executable,
            "-c",
            REAL.format(repository=str(REPOSITORY)),
            mode,
            str(seconds),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found, trouble, connections, took = json.loads(done.stdout)
    return found, trouble, connections, took


@pytest.mark.alone
@pytest.mark.root
def test_the_real_ipwhois() -> None:
    """DNS is dead there, so it goes on to whois; it would not ask for an address of the documentation."""
    pytest.importorskip("ipwhois")
    found, trouble, connections, took = real("ok", 12.0)

    assert found == [str(Origin("8.8.8.8", "64500", "EXAMPLE, FR", "FR", "8.8.8.0/24", "ipwhois"))]
    assert (trouble, connections) == (None, 1)
    assert took < 12.0


@pytest.mark.alone
@pytest.mark.root
@pytest.mark.parametrize("mode", ["drip", "blackhole", "huge"])
def test_the_real_ipwhois_is_ended_at_the_deadline(mode: str) -> None:
    """A server that drips would hold it for as long as it likes."""
    pytest.importorskip("ipwhois")
    found, trouble, _connections, took = real(mode, 4.0)

    assert found == []
    assert trouble is not None
    assert took < 6.0
