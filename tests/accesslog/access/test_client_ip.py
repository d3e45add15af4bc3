"""Who really asks: nobody can have somebody else banned."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_accesslog.access.client_ip import UNKNOWN, Client, Resolver, canonical, resolve

PROXY, OTHER_PROXY = "10.0.0.2", "10.0.0.3"
CLIENT, VICTIM = "198.51.100.9", "203.0.113.66"
TRUSTED = ["10.0.0.0/24", "fd00::/8"]

#: what arrives at a site behind its proxy 10.0.0.2 from 198.51.100.9, who wants 203.0.113.66 banned
FORGED = {
    "an appended chain": f"{VICTIM}, {CLIENT}",
    "a chain without spaces": f"{VICTIM},{CLIENT}",
    "a private address in front": f"10.0.0.9, {VICTIM}, {CLIENT}",
    "two proxies of ours": f"{VICTIM}, {CLIENT}, {OTHER_PROXY}",
    "our proxy's own address in front": f"{PROXY}, {VICTIM}, {CLIENT}",
    "a port": f"{VICTIM}, {CLIENT}:51234",
    "v4-mapped": f"{VICTIM}, ::ffff:{CLIENT}",
    "quotes": f'"{VICTIM}", "{CLIENT}"',
    "unknown in front": f"unknown, {CLIENT}",
    "empty hops in front": f",,{VICTIM},,{CLIENT}",
    "a very long chain": f"{VICTIM}, " * 500 + CLIENT,
    "NUL and control bytes in front": f"{VICTIM}\0\r\n, {CLIENT}",
    "digits of another script in front": f"\uff12\uff10\uff13.0.113.66, {CLIENT}",
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
def test_the_hop_that_our_proxy_saw_counts(header: str) -> None:
    """Right to left, over our own proxies only."""
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED):
        client = resolve({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": header})

    assert client == Client(CLIENT, True)


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED)
def test_by_default_headers_say_nothing(header: str) -> None:
    """Nothing is trusted until the site names its proxies."""
    assert resolve({"REMOTE_ADDR": CLIENT, "HTTP_X_FORWARDED_FOR": header}) == Client(CLIENT, True)


@pytest.mark.parametrize(
    "name", ["X-Real-IP", "CF-Connecting-IP", "Forwarded", "True-Client-IP", "Client-IP"]
)
def test_other_headers_are_never_read(name: str) -> None:
    """Only the one that ACCESSLOG_FORWARDED_HEADER names."""
    key = "HTTP_" + name.upper().replace("-", "_")
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED):
        client = resolve({"REMOTE_ADDR": PROXY, key: VICTIM, "HTTP_X_FORWARDED_FOR": CLIENT})

    assert client == Client(CLIENT, True)


@pytest.mark.parametrize(
    "hop",
    [
        "unknown",
        "_hidden",
        "",
        "198.51.100.9:x",
        "[2001:db8::7",
        "fe80::1%eth0",
        "198.51.100",
        "for=198.51.100.9",
    ],
)
def test_a_hop_that_is_no_address_ends_the_walk(hop: str) -> None:
    """What stands further left may be the client's own text."""
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED):
        assert resolve({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": f"{VICTIM}, {hop}"}) == UNKNOWN


@pytest.mark.parametrize("header", [None, PROXY, f"{OTHER_PROXY}, {PROXY}"])
def test_a_proxy_that_names_nobody_is_nobody_to_ban(header: str | None) -> None:
    """Its health checks, or a proxy that was not told to send the header."""
    meta = (
        {"REMOTE_ADDR": PROXY} if header is None else {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": header}
    )
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED):
        assert resolve(meta) == UNKNOWN


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("198.51.100.9", "198.51.100.9"),
        (" 198.51.100.9:80 ", "198.51.100.9"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ('"[2001:db8::7]:443"', "2001:db8::7"),
        ("::ffff:198.51.100.9", "198.51.100.9"),
        ("[::ffff:198.51.100.9]:1", "198.51.100.9"),
        ("[198.51.100.9]:80", None),
        ("[2001:db8::7]443", None),
        ("2001:db8::7:443x", None),
        ("198.051.100.9", None),
        ("0x7f000001", None),
        ("2130706433", None),
        ("198.51.100.9:999999", None),
        ("1" * 65, None),
        ("0.0.0.0", None),
        ("::", None),
        ("::ffff:0.0.0.0", None),
    ],
)
def test_one_form_for_each_address(token: str, text: str | None) -> None:
    """Ports and quotes go; what is no address is None."""
    assert canonical(token) == text


#: the headers that servers gave a site behind a unix socket; those of uWSGI (Debian's 2.0.21) and of the
#: others that tests/accesslog/access/test_unix_sockets.py does not start are recorded once
ON_A_UNIX_SOCKET: dict[str, dict[str, Any]] = {
    "uvicorn, daphne, hypercorn, gevent": {},
    "gunicorn, granian, cheroot": {"REMOTE_ADDR": ""},
    "waitress": {"REMOTE_ADDR": "localhost"},
    "uwsgi --http-socket": {"REMOTE_ADDR": "0.0.0.0"},
    "nginx's own word": {"REMOTE_ADDR": "unix:"},
    "a middleware's None": {"REMOTE_ADDR": None},
}


@pytest.mark.parametrize("name", ON_A_UNIX_SOCKET)
def test_a_unix_socket_is_nobody(name: str) -> None:
    """Whoever may connect could write any header: nobody is counted or banned for it."""
    meta = {**ON_A_UNIX_SOCKET[name], "HTTP_X_FORWARDED_FOR": CLIENT}
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=["127.0.0.0/8", "::1"]):
        assert resolve(meta) == UNKNOWN
    assert resolve(meta) == UNKNOWN


@pytest.mark.parametrize("name", ON_A_UNIX_SOCKET)
def test_a_unix_socket_that_is_trusted_is_a_proxy(name: str) -> None:
    """Its header names the client, and nobody where it is missing or names no address."""
    meta = ON_A_UNIX_SOCKET[name]
    with override_settings(ACCESSLOG_TRUST_UNIX_SOCKET=True):
        assert resolve({**meta, "HTTP_X_FORWARDED_FOR": f"{VICTIM}, {CLIENT}"}) == Client(CLIENT, True)
        for header in ("unix:", "localhost", "0.0.0.0", "::", f"{VICTIM}, unix:", ""):
            assert resolve({**meta, "HTTP_X_FORWARDED_FOR": header}) == UNKNOWN
        assert resolve(meta) == UNKNOWN


@pytest.mark.parametrize("address", [["198.51.100.7"], 7, b"x", object(), {}])
def test_what_is_no_address_is_nobody(address: Any) -> None:
    """Nor is it a UNIX socket that may be trusted."""
    meta = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    assert Resolver((), "X-Forwarded-For", True)(meta) == UNKNOWN


def test_an_address_and_a_header_as_bytes() -> None:
    """Some servers pass the socket's own."""
    resolver = Resolver((), "X-Forwarded-For", True)
    assert resolver({"REMOTE_ADDR": b"198.51.100.7"}) == Client("198.51.100.7", True)
    assert resolver({"HTTP_X_FORWARDED_FOR": b"198.51.100.7"}) == Client("198.51.100.7", True)
    assert resolver({"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": None}) == UNKNOWN


def test_a_unix_socket_can_be_trusted() -> None:
    """nginx in front of a socket that only nginx may open."""
    with override_settings(ACCESSLOG_TRUST_UNIX_SOCKET=True):
        client = resolve({"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": f"{VICTIM}, {CLIENT}"})

    assert client == Client(CLIENT, True)


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (f"for={VICTIM}, for={CLIENT};proto=https", Client(CLIENT, True)),
        (f'for="{VICTIM}", For="[2001:db8::7]:80";by={PROXY}', Client("2001:db8::7", True)),
        (f'for="{VICTIM}, for={CLIENT}', Client(CLIENT, True)),
        (f"for={VICTIM}, for=_hidden", UNKNOWN),
        (f"for={VICTIM}, proto=https", UNKNOWN),
        (f"for={CLIENT};for={VICTIM}", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_forwarded(header: str, client: Client) -> None:
    """RFC 7239, for proxies that send it instead."""
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED, ACCESSLOG_FORWARDED_HEADER="Forwarded"):
        assert resolve({"REMOTE_ADDR": PROXY, "HTTP_FORWARDED": header}) == client


def test_a_proxy_may_have_an_ipv6_address() -> None:
    """Also one that the kernel shows as v4-mapped."""
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED):
        assert resolve({"REMOTE_ADDR": "fd00::1", "HTTP_X_FORWARDED_FOR": CLIENT}) == Client(CLIENT, True)
        mapped = resolve({"REMOTE_ADDR": f"::ffff:{PROXY}", "HTTP_X_FORWARDED_FOR": CLIENT})

    assert mapped == Client(CLIENT, True)


def test_a_setting_that_is_no_network_is_trusted_by_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """And it takes no page down; the system check names it."""
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=["nginx", "10.0.0.0/24"]):
        client = resolve({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": CLIENT})

    assert client == Client(CLIENT, True)
    assert caplog.messages == [
        "ACCESSLOG_TRUSTED_PROXIES holds 'nginx': "
        'Write a list of networks: ["10.0.0.0/8", "2001:db8::7"], no names. The rest counts.'
    ]


@override_settings(ACCESSLOG_TRUSTED_PROXIES=[PROXY])
@pytest.mark.parametrize("header", ["HTTP_X_REAL_IP", "x-real-ip", "X_REAL_IP", b"X-Real-IP", ["X-Real-IP"]])
def test_a_header_has_two_notations(header: object) -> None:
    """That of HTTP, and the one that META has."""
    with override_settings(ACCESSLOG_FORWARDED_HEADER=header):
        assert resolve({"REMOTE_ADDR": PROXY, "HTTP_X_REAL_IP": CLIENT}) == Client(CLIENT, True)


@override_settings(ACCESSLOG_TRUSTED_PROXIES=[PROXY])
@pytest.mark.parametrize("header", [None, "", 7, "X Real IP", "REMOTE_ADDR"])
def test_for_a_header_that_is_none_nothing_is_believed(header: object) -> None:
    """Neither the default one, which the proxies may pass on as the client wrote it."""
    meta = {"HTTP_X_FORWARDED_FOR": CLIENT, "HTTP_REMOTE_ADDR": CLIENT, "HTTP_": CLIENT}
    with override_settings(ACCESSLOG_FORWARDED_HEADER=header):
        assert resolve({"REMOTE_ADDR": PROXY, **meta}) == UNKNOWN
        assert resolve({"REMOTE_ADDR": CLIENT, **meta}) == Client(CLIENT, True)


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_left_of_our_proxy_changes_the_client(forged: str, remote_addr: str) -> None:
    """Whatever the client sends, our proxy appends whom it saw; and nothing raises."""
    with override_settings(ACCESSLOG_TRUSTED_PROXIES=TRUSTED):
        client = resolve({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": f"{forged}, {CLIENT}"})
        anybody = resolve({"REMOTE_ADDR": remote_addr, "HTTP_X_FORWARDED_FOR": forged})

    assert client == Client(CLIENT, True)
    assert anybody.ip is None or ipaddress.ip_address(anybody.ip)
