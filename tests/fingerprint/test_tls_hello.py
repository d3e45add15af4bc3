"""The key nj1 against true ClientHellos: curl, openssl, Python, node, nghttp, slowhttptest, Chromium."""

from __future__ import annotations

import hashlib
import json
import ssl
from typing import Any

import pytest

from ideolab_f2b.fingerprint import tls_hello, tls_ids
from tests.nginx import replay

LINES = [json.loads(line) for line in replay.lines("fingerprint.1.22.1.access.jsonl")]
HELLOS = [json.loads(line) for line in replay.lines("fingerprint.raw-clienthello.jsonl")]
CURL = "nj1_13_31_e8f1e7e78f70_af102e58d29b"


def fields(line: dict[str, str]) -> dict[str, str]:
    """The recorded line with the names of deploy/nginx/ideolab-log.conf."""
    return {"tls": line["proto"], "ciphers": line["ciphers"], "curves": line["curves"]}


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["ua"])[:12])
def test_the_key_is_made_of_the_true_hello(line: dict[str, str]) -> None:
    """Ciphers are those of the JA4 of a hello recorded on the wire, groups are its groups."""
    assert tls_hello.nj1(fields(line)) in {expected(hello) for hello in HELLOS if "ja4" in hello}


def expected(hello: dict[str, Any]) -> str:
    """The key of a recorded hello, by its own JA4."""
    first, ciphers, _extensions = hello["ja4"].split("_")
    groups = hashlib.sha256(",".join(hello["curves"]).encode()).hexdigest()[:12]
    return f"nj1_{first[1:3]}_{first[4:6]}_{ciphers}_{groups}"


def test_programs_differ_and_the_same_library_does_not() -> None:
    """Over TLS 1.3: curl, openssl and slowhttptest are one OpenSSL; Python has its own list, Chromium too."""
    keys: dict[str, set[str]] = {}
    for line in LINES:
        if line["proto"] == "TLSv1.3":
            keys.setdefault(tls_hello.nj1(fields(line)), set()).add(line["ua"].split(" ")[0])

    assert keys == {
        # Mozilla/4.0 is what slowhttptest calls itself
        CURL: {"curl-h1", "curl-h2", "s_client", "Mozilla/4.0"},
        "nj1_13_18_85036bcba153_af102e58d29b": {"python-65", "python-66"},
        "nj1_13_08_48922242edce_af102e58d29b": {"python-67"},
        "nj1_13_59_a33745022dd6_af102e58d29b": {"node-https"},
        "nj1_13_12_ed40b14a4398_af102e58d29b": {"nghttp"},
        # Chromium
        "nj1_13_15_8daaf6152771_16388a73bc20": {"Mozilla/5.0"},
    }


def test_grease_changes_nothing() -> None:
    """Chromium puts another reserved number into each hello."""
    one = {"tls": "TLSv1.3", "ciphers": "0x9a9a:TLS_AES_128_GCM_SHA256", "curves": "0x3a3a:X25519"}
    other = {"tls": "TLSv1.3", "ciphers": "0x0a0a:TLS_AES_128_GCM_SHA256", "curves": "0xfafa:X25519"}

    assert tls_hello.nj1(one) == tls_hello.nj1(other)


def test_a_number_and_its_name_are_the_same() -> None:
    """An older OpenSSL does not know the post-quantum group by name."""
    named = {"tls": "TLSv1.3", "ciphers": "TLS_AES_128_GCM_SHA256", "curves": "X25519MLKEM768:X25519"}
    numbered = {"tls": "TLSv1.3", "ciphers": "0x1301", "curves": "0x11EC:0x001d"}

    assert tls_hello.nj1(named) == tls_hello.nj1(numbered)


def test_signature_algorithms_are_a_part_of_their_own() -> None:
    """nginx 1.31.2 tells them; a host that gets them compares the first five parts with older lines."""
    line = {"tls": "TLSv1.3", "ciphers": "TLS_AES_128_GCM_SHA256", "curves": "X25519"}

    assert tls_hello.nj1({**line, "sigalgs": "a:b"}).startswith(tls_hello.nj1(line) + "_")
    assert tls_hello.nj1({**line, "sigalgs": "-"}) == tls_hello.nj1(line)


@pytest.mark.parametrize(
    "line", [{}, {"tls": "-"}, {"tls": "TLSv1.3", "ciphers": "-"}, {"tls": "SSLv3", "ciphers": "0x000a"}]
)
def test_no_tls_no_key(line: dict[str, str]) -> None:
    """A request over plain HTTP, or a line whose fields are empty."""
    assert tls_hello.collect(line) == {}


def test_ja3_and_ja4_of_a_front_are_taken_and_nothing_else() -> None:
    """Only what has their form: a client could write anything into a header that no front sets."""
    ja3, ja4 = "0149f47eabf9a20d0893e2a44e5a6323", "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"

    assert tls_hello.collect({"ja3": ja3, "ja4": ja4}) == {"ja3": ja3, "ja4": ja4}
    assert tls_hello.collect({"ja3": "x" * 32, "ja4": f"{ja4}\n"}) == {}


def test_a_line_that_came_through_the_intake() -> None:
    """Bytes that are no ASCII are escaped there, which is no JSON any more."""
    line = json.dumps({"ip": "198.51.100.9", **fields(LINES[0]), "agent": "@"}).replace(
        "@", r"\xc3\xa9t\xc3\xa9 \\x41"
    )

    assert tls_hello.read_line(line) == {"nj1": CURL}


@pytest.mark.parametrize("line", ["", "x", "[]", '"x"', '{"tls":13,"ciphers":null}', '{"tls":'])
def test_other_lines_say_nothing(line: str) -> None:
    """Half a line, another format."""
    assert tls_hello.read_line(line) == {}


def test_the_numbers_are_those_of_openssl() -> None:
    """Every name that this host's OpenSSL has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    numbers = {item["name"]: f"{item['id'] & 0xFFFF:04x}" for item in context.get_ciphers()}

    assert {name: tls_ids.CIPHERS.get(name) for name in numbers} == numbers
