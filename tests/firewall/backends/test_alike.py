"""Any sequence of orders has the same answers on ipset and on nft, old kernels' way included."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Union

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.nft import table_socket

pytestmark = pytest.mark.root
#: networks that overlap, few enough to meet each other often
_NETWORKS: list[Union[IPv4Network, IPv6Network]] = [
    *(ip_network(f"198.51.100.{host}") for host in (0, 1, 128)),
    *(ip_network(f"198.51.100.0/{bits}") for bits in (23, 24, 25, 31)),
    *map(
        ip_network, ("198.51.100.128/25", "128.0.0.0/1", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0", "::/0")
    ),
]
_MAXELEM = 64
_NAMES = ("one_set", "1.odd", "six_set", "none")
_ORDERS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(_NAMES), st.sampled_from(_NETWORKS), st.sampled_from((0, 600))),
    st.tuples(st.sampled_from(("delete", "test")), st.sampled_from(_NAMES), st.sampled_from(_NETWORKS)),
    st.tuples(st.sampled_from(("flush", "destroy", "read")), st.sampled_from(_NAMES)),
    st.tuples(st.sampled_from(("link", "unlink")), st.just("all_sets"), st.sampled_from(_NAMES)),
    st.tuples(st.just("create"), st.sampled_from(_NAMES[:3])),
)


def run(kernel: KernelSets, order: tuple[object, ...]) -> object:
    """What a backend answers: a value, or the kind of its error."""
    verb, *arguments = order
    try:
        if verb == "create":
            family = "inet6" if arguments == ["six_set"] else "inet"
            kernel.create(str(arguments[0]), family, _MAXELEM)
            return None
        if verb == "read":
            return sorted((key, bool(left_s)) for key, left_s in kernel.entries(str(arguments[0])))
        answer = getattr(kernel, str(verb))(*arguments)
    except (KernelError, ValueError) as error:
        return type(error).__name__
    return answer, kernel.members("all_sets")


@pytest.fixture
def both(lone: Namespace, request: pytest.FixtureRequest) -> Iterator[tuple[KernelSets, KernelSets]]:
    """Each backend in a namespace of the test."""
    with lone.enter():
        kernels = BACKENDS["ipset"].open(), BACKENDS["nft"].open()
        table_socket.share().has_updates = request.param
        yield kernels
        for kernel in kernels:
            kernel.close()
        table_socket.release()


@pytest.mark.parametrize("both", [True, False], indirect=True, ids=["newest", "5.10"])
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(orders=st.lists(_ORDERS, max_size=25))
def test_alike(both: tuple[KernelSets, KernelSets], orders: list[tuple[object, ...]]) -> None:
    """The order of members is not told, nor which of several elements an error names."""
    for kernel in both:
        for name in ("all_sets", *_NAMES):
            with contextlib.suppress(KernelError):
                kernel.flush(name)
        for name in _NAMES:
            with contextlib.suppress(KernelError):
                kernel.destroy(name)
        kernel.create_list("all_sets")
    for order in (("create", "one_set"), ("create", "six_set"), ("link", "all_sets", "one_set"), *orders):
        answers = [run(kernel, order) for kernel in both]
        answers = [(one[0], sorted(one[1])) if isinstance(one, tuple) else one for one in answers]
        assert answers[0] == answers[1], (order, answers)
