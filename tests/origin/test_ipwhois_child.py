"""ipwhois_child: the answers of the library, and a host without it."""

from __future__ import annotations

import resource
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from ideolab_f2b.origin import ipwhois_child


class NobodysError(Exception):
    """The library says that an address is private."""


def put_library(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    """An ipwhois whose lookup() returns the answer, or raises it."""

    def lookup(**_options: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    parts: dict[str, Any] = {
        "exceptions": SimpleNamespace(IPDefinedError=NobodysError),
        "net": SimpleNamespace(Net=lambda address, timeout: (address, timeout)),
        "asn": SimpleNamespace(IPASN=lambda _net: SimpleNamespace(lookup=lookup)),
    }
    monkeypatch.setitem(sys.modules, "ipwhois", SimpleNamespace(**parts))
    for name, part in parts.items():
        monkeypatch.setitem(sys.modules, f"ipwhois.{name}", part)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            {"asn": "64500", "asn_cidr": None, "asn_description": "x" * 900, "asn_date": "2011-08-11"},
            {"asn": "64500", "asn_cidr": "", "asn_country_code": "", "asn_description": "x" * 500},
        ),
        (NobodysError(), {"asn": "NA"}),
        (OSError("no route"), {"error": "OSError: no route"}),
    ],
)
def test_one_address(monkeypatch: pytest.MonkeyPatch, answer: object, found: dict[str, str]) -> None:
    """Four keys of limited length, nobody's address, or the error."""
    put_library(monkeypatch, answer)

    assert ipwhois_child.look_up("198.51.100.7", 1.0) == found


def test_the_process_by_itself(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Usage as its docstring has it; the limit of memory is set first."""
    limits: list[Any] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *words: limits.append(words))
    monkeypatch.setitem(sys.modules, "ipwhois", None)

    assert ipwhois_child.main(["1.0", "198.51.100.7"]) == 1
    assert capsys.readouterr().out == '{"error": "missing"}\n'
    assert limits == [(resource.RLIMIT_AS, (ipwhois_child.MEMORY, ipwhois_child.MEMORY))]
