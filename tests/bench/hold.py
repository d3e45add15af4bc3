"""Opens many TCP connections of known kinds between two namespaces and holds them; measures nothing.

`hold.py serve COUNT` answers on port 443; `hold.py connect MIX FIRST LAST ADDRESSES` opens that range of
connections, spread over so many addresses. Each says "ready" and ends when its standard input closes.
"""

from __future__ import annotations

import functools
import os
import resource
import select
import socket
import sys
from typing import Callable

PORT = 443
SERVERS: dict[int, str] = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8:0:1::1"}
#: a container's hard RLIMIT_NOFILE is often 20,000
PER_PROCESS = 18000
#: what the server answers to so many bytes: the steps of TLS 1.3, and more than a small window holds
ANSWERS = {517: 1400, 80: 258, 156: 3000, 518: 12000}
#: the messages that a connection sends
Sizes = tuple[int, ...]
MUTE: Sizes = ()
PARTIAL: Sizes = (100,)
SERVED: Sizes = (517, 80, 156)
STUCK: Sizes = (518,)
#: calm are keep-alive connections between two requests
MIXES = {"attack": [MUTE] * 12 + [PARTIAL] * 4 + [SERVED] * 3 + [STUCK], "calm": [SERVED]}
#: linux/in6.h: binding to an address that only a local route owns
IPV6_FREEBIND = 78


def source(number: int, addresses: int) -> tuple[int, str, int]:
    """Family, address and port of one connection: eight addresses in each network, every tenth one IPv6."""
    port, index = divmod(number, addresses)
    net, host = index // 8, 1 + index % 8
    if index % 10 == 9:
        return socket.AF_INET6, f"2001:db8:c:{net:x}::{host:x}", 10000 + port
    return socket.AF_INET, f"10.{net >> 8}.{net & 255}.{host}", 10000 + port


def connect(number: int, addresses: int, sizes: Sizes) -> socket.socket:
    """One connection, brought into the state that messages of these sizes lead to."""
    family, address, port = source(number, addresses)
    client = socket.socket(family, socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        client.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    if sizes == STUCK:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    client.bind((address, port))
    client.connect((SERVERS[family], PORT))
    for size in sizes:
        client.sendall(bytes(size))
        if sizes == SERVED:
            client.recv(ANSWERS[size], socket.MSG_WAITALL)
    return client


def connect_all(mix: list[Sizes], first: int, last: int, addresses: int, told: int) -> None:
    """Connections first..last, held until standard input closes."""
    held = [connect(number, addresses, mix[number % len(mix)]) for number in range(first, last)]
    os.write(told, b".")
    sys.stdin.read()
    # the process ends without closing one by one, which for 100,000 of them would outlast the benchmark
    os._exit(len(held) == 0)


def listen(family: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((SERVERS[family], PORT))
    listener.listen(65535)
    return listener


def answer(connection: socket.socket) -> None:
    """Answers one request; a connection that was reset or ended is closed."""
    try:
        size = len(connection.recv(4096))
    except ConnectionError:
        size = 0
    if size in ANSWERS:
        connection.send(bytes(ANSWERS[size]))
    elif not size:
        connection.close()


def serve(listeners: list[socket.socket], told: int) -> None:
    """Accepts at most PER_PROCESS connections and answers them until standard input closes."""
    os.write(told, b".")
    events = select.epoll()
    events.register(sys.stdin, select.EPOLLIN)
    for listener in listeners:
        events.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE)
    accepting = {listener.fileno(): listener for listener in listeners}
    held: dict[int, socket.socket] = {}
    while True:
        for number, _event in events.poll():
            if number == sys.stdin.fileno():
                os._exit(0)
            elif number in held:
                answer(held[number])
            else:
                accept(accepting[number], held, events)
        if len(held) >= PER_PROCESS and accepting:
            for number in accepting:
                events.unregister(number)
            accepting = {}


def accept(listener: socket.socket, held: dict[int, socket.socket], events: select.epoll) -> None:
    """One connection taken; another worker may have been faster."""
    try:
        connection, _peer = listener.accept()
    except BlockingIOError:
        return
    connection.setblocking(False)
    held[connection.fileno()] = connection
    events.register(connection, select.EPOLLIN | select.EPOLLET)


def workers(jobs: list[Callable[[int], None]]) -> None:
    """Each job in a child of its own; returns when all have told that they are ready."""
    ready, told = os.pipe()
    for job in jobs:
        if not os.fork():
            os.close(ready)
            job(told)
    os.close(told)
    seen = sum(len(os.read(ready, 1)) for _job in jobs)
    if seen < len(jobs):
        sys.exit(f"hold.py: only {seen} of {len(jobs)} workers are ready")


def main(command: str, *words: str) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if command == "serve":
        job = functools.partial(serve, [listen(family) for family in SERVERS])
        workers([job] * (int(words[0]) // PER_PROCESS + 2))
    else:
        mix, (first, last, addresses) = MIXES[words[0]], map(int, words[1:])
        workers(
            [
                functools.partial(connect_all, mix, start, min(start + PER_PROCESS, last), addresses)
                for start in range(first, last, PER_PROCESS)
            ]
        )
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
