"""Slots at the application on a real nginx: how many one client holds, and what is left for the others."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import pytest

from demo.attacker import connect, tls_context
from demo.lab.wait import wait_until
from tests.nginx import replay, web
from tests.nginx.http2 import Connection, connect_http2
from tests.nginx.test_hardening import tls
from tests.nginx.web import Web

pytestmark = [pytest.mark.root, pytest.mark.alone]

ATTACKERS, OFFICE = ("198.51.100.10", "198.51.100.11"), "198.51.100.60"
PROXIED, STREAMS = 200, 60
#: worker_connections of the attacks that were measured, and the visitors beside them
FEW_SLOTS, VISITORS = 512, 20
REFUSED_STREAM = 7
ACCESS = "nginx-ideolab-stalled"


@pytest.fixture(scope="module")
def place() -> Iterator[Web]:
    with web.web("f2bngx-slots", connections=2048) as made:
        yield made


def answers(connections: list[Connection], refused: int, answered: int = 0) -> Counter[str]:
    """{status: its streams}, when so many have one; what an application says in small pieces comes late."""

    def found() -> Counter[str]:
        return sum((Counter(one.status.values()) for one in connections), Counter())

    def came() -> bool:
        for one in connections:
            one.read(0.05)
        return found()["429"] >= refused and found()["200"] >= answered

    wait_until(came, lambda: str(found()))
    # one too many would come now
    time.sleep(0.5)
    came()
    return found()


@contextlib.contextmanager
def hold(
    place: Web, address: str, path: str, *counts: int, headers: Mapping[str, str] = {}
) -> Iterator[list[Connection]]:
    """Ask for so many streams on each of these connections, and hold them during `with`."""
    with contextlib.ExitStack() as undo:
        with place.client.enter():
            connections = [connect_http2(address) for _count in counts]
        for connection, count in zip(connections, counts):
            undo.callback(connection.close)
            for _number in range(count):
                connection.request(path, headers=headers)
        yield connections


def status(place: Web, address: str, path: str, *words: str) -> str:
    """Return the status that curl gets."""
    return place.curl(
        "--interface", address, "-o", "/dev/null", "-w", "%{http_code}", *words, f"https://192.0.2.1{path}"
    )


def is_free(place: Web, address: str) -> bool:
    """Return whether a page of the application is answered."""
    return status(place, address, "/app/") == "200"


def test_one_host_has_at_most_200_requests_at_the_application(place: Web) -> None:
    """Over four connections; everybody else, and its own files and streams, are served meanwhile."""
    with hold(place, ATTACKERS[0], "/app/events", 64, 64, 64, 28) as held:
        told = answers(held, 20)
        beside = [
            status(place, ATTACKERS[0], "/app/"),
            status(place, ATTACKERS[0], "/style.css"),
            status(place, OFFICE, "/app/"),
        ]
    wait_until(lambda: is_free(place, ATTACKERS[0]), lambda: "the slots stay taken")

    assert told["429"] == 20
    assert beside == ["429", "200", "200"]


def test_thirty_dashboards_take_nothing_from_pages(place: Web) -> None:
    """Two tabs of each, behind one address; the next one must wait, and a page of sixty files is served."""
    with hold(place, OFFICE, "/stream/events", 30, 31) as held:
        told = answers(held, 1, STREAMS)
        page = [status(place, OFFICE, "/app/"), *(line[:3] for line in web.burst(place))]

    assert told == {"200": STREAMS, "429": 1}
    assert page == ["200"] * (1 + web.ASSETS)


@pytest.mark.parametrize("kind", ["proxied", "stream"])
def test_a_network_has_a_limit_of_its_own(kind: str) -> None:
    """Four hosts are worth a /24; with small numbers, because it needs so many addresses."""
    limits = f"limit_conn ideolab_{kind} 3; limit_conn ideolab_{kind}_net 5;"
    with web.web("f2bngx-net", proxy=limits) as small, contextlib.ExitStack() as undo:
        told = [
            answers(undo.enter_context(hold(small, f"198.51.100.{last}", "/app/events", 4)), last - 9)
            for last in (10, 11)
        ]
        elsewhere = status(small, "203.0.113.9", "/app/")

    assert [one["429"] for one in told] == [1, 2]
    assert elsewhere == "200"


def test_a_client_that_does_not_know_the_limit_loses_nothing(place: Web) -> None:
    """Of 80 requests before the server's settings those beyond 64 are refused unseen, to be sent again."""
    with place.client.enter():
        client = connect_http2(OFFICE)
    with contextlib.closing(client):
        for _number in range(80):
            client.request("/app/slow")
        wait_until(lambda: client.read(0.05) and len(client.reset) >= 16, lambda: str(client.reset))
        allowed = client.settings[3]
        client.read(0.5)
        refused = dict(client.reset)
    wait_until(lambda: is_free(place, OFFICE), lambda: "the slots stay taken")

    assert allowed == 64
    assert list(refused.values()) == [REFUSED_STREAM] * 16
    lines = place.log("error.log").splitlines()
    for mode in ("normal", "probe"):
        assert OFFICE not in replay.hits(replay.matcher("nginx-ideolab-slowtls", mode), lines)


def test_what_a_limit_refused_is_counted_only_in_its_mode(place: Web) -> None:
    """And only what no page can have sent: no header in which a browser says where it comes from."""
    page: tuple[dict[str, str], ...] = (
        {"sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"referer": "https://a.example/"},
        {},
    )
    hosts = [f"203.0.113.{last}" for last in range(20, 24)]
    for host, headers in zip(hosts, page):
        with hold(place, host, "/app/events", 64, 64, 64, 13, headers=headers) as held:
            assert answers(held, 5)["429"] == 5
    wait_until(
        lambda: all(place.log("stalled.log").count(f'"ip":"{host}"') >= 5 for host in hosts),
        lambda: place.log("stalled.log"),
    )
    lines = place.log("all.log").splitlines()

    counted = replay.hits(replay.matcher(ACCESS, "slots"), lines)
    assert {host: counted[host] for host in hosts} == dict(zip(hosts, (0, 0, 0, 5)))
    assert set(hosts).isdisjoint(replay.hits(replay.matcher(ACCESS), lines))
    # what the log says of a slot that is held, and of one that is refused
    rows = [row for row in place.objects("all.log") if row["ip"] == hosts[3]]
    refused = [row for row in rows if row["limit"] == "REJECTED"]
    assert {(row["status"], row["up"], row["page"], row["urt"]) for row in refused} == {("429", "", "no", "")}
    passed = [row for row in rows if row["limit"] == "PASSED"]
    assert {(row["status"], row["up"], row["kind"], row["done"]) for row in passed} == {
        ("200", "200", "events", "")
    }
    assert all(abs(float(row["urt"]) - row["rt"]) < 1 for row in passed)


def attack_with_streams(path: str, undo: contextlib.ExitStack) -> None:
    """260 event streams of two clients over HTTP/1.1: each takes two slots."""
    for number in range(260):
        with contextlib.suppress(OSError):
            client = tls(ATTACKERS[number % 2])
            undo.callback(client.close)
            client.sendall(f"GET {path}/events HTTP/1.1\r\nHost: lab.example\r\n\r\n".encode())


def attack_with_http2(path: str, undo: contextlib.ExitStack) -> None:
    """128 streams on each of six connections of two clients: each takes one."""
    for number in range(6):
        with contextlib.suppress(OSError):
            client = connect_http2(ATTACKERS[number % 2])
            undo.callback(client.close)
            for _stream in range(128):
                client.request(f"{path}/events")


Attack = Callable[[str, contextlib.ExitStack], None]


def count_served(place: Web) -> int:
    """Return how many of twenty visitors get a file and a page of the application, at once."""

    def visit(number: int) -> bool:
        with place.client.enter():
            return all(_get(f"203.0.113.{number + 1}", path) for path in ("/style.css", "/app/"))

    with ThreadPoolExecutor(VISITORS) as pool:
        return sum(pool.map(visit, range(VISITORS)))


def _get(address: str, path: str) -> bool:
    try:
        with tls_context().wrap_socket(connect(address, 8), server_hostname="lab.example") as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: lab.example\r\nConnection: close\r\n\r\n".encode())
            return client.recv(4096).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def served_during(attack: Attack, path: str, **files: str) -> int:
    """Return the visitors that are served while the attack goes on, with 512 worker_connections."""
    with web.web("f2bngx-att", connections=FEW_SLOTS, **files) as place, contextlib.ExitStack() as undo:
        with place.client.enter():
            attack(path, undo)
        time.sleep(1)
        return count_served(place)


@pytest.mark.parametrize("path", ["/app", "/stream"])
@pytest.mark.parametrize("attack", [attack_with_streams, attack_with_http2], ids=lambda one: one.__name__)
def test_visitors_are_served_beside_it(attack: Attack, path: str) -> None:
    """Two clients never have all slots."""
    assert served_during(attack, path) == VISITORS


@pytest.mark.parametrize("attack", [attack_with_streams, attack_with_http2], ids=lambda one: one.__name__)
def test_without_the_limits_nobody_is_served(attack: Attack) -> None:
    """What the attacks are measured by: nginx as it comes."""
    logs = "\n".join(map(web.ours, ("ideolab-log.conf", "ideolab-served.conf")))

    assert served_during(attack, "/app", http=logs, server="", proxy="", stream="") <= 6
