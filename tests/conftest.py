"""What every test stands on: an importable checkout, root where root is needed, an untouched host."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

# a test may put a clock of its own into the module
from time import monotonic, sleep

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from tests import process_state  # noqa: E402 - it is below the checkout
from tests.packages import missing, packages  # noqa: E402

#: seconds until a thread that still runs after its test is a fault: the machine may be busy
THREAD_END_S = 60.0
#: beginnings of the names that concurrent.futures and asyncio give to threads that wait for work
_POOLS = ("ThreadPoolExecutor", "asyncio_")
#: marks of tests that take long
_SLOW = {"long", "needs", "root", "suites", "systemd"}


def pytest_configure() -> None:
    """Take Ctrl-C also where a shell started the tests in the background, with SIGINT ignored.

    What the tests start would inherit that, and some tests end a program by SIGINT.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot run: CI is root and has every package."""
    for item in items:
        reason = _obstacle(item)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
    if items and hasattr(items[0].config, "workerinput"):
        _put_slow_files_first(items)


def _put_slow_files_first(items: list[pytest.Item]) -> None:
    """Put the files that start servers or work for long before the others.

    xdist gives the files to its workers in this order: what is short fills up the end.
    """
    slow = {item.path for item in items if _SLOW & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in slow)


def _obstacle(item: pytest.Item) -> str:
    """Say why a test cannot run here; empty when it can."""
    marks = {mark.name for mark in item.iter_markers()}
    if os.geteuid() != 0 and {"root", "systemd", "matrix"} & marks:
        return "needs root"
    names = [name for mark in item.iter_markers("needs") for name in mark.args]
    # the tests that boot systemd use all that the others use
    wider = "root" if "systemd" in marks else ""
    found = [missing(mark) for mark in ("root", "systemd") if mark in {*marks, wider}]
    return "; ".join(filter(None, [missing(names=names), *found]))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skip a file that imports a Debian module which is missing."""
    report = yield
    call = getattr(report, "call", None)
    error = call.excinfo.value if call is not None and call.excinfo is not None else None
    while error is not None and not isinstance(error, ModuleNotFoundError):
        error = error.__cause__
    if report.failed and error is not None:
        names = [one.name for one in packages() if (error.name or "").partition(".")[0] in one.modules]
        if names:
            report.outcome = "skipped"
            report.longrepr = (report.nodeid, 1, f"Skipped: {missing(names=names)}")
    return report


def pytest_report_header() -> list[str]:
    """Name what makes many tests fail at once."""
    closed = closed_directory(REPOSITORY) if os.geteuid() == 0 else None
    if closed is None:
        return []
    return [f"{closed} is closed to the other users that daemons run as: their tests fail; use scripts/test"]


def closed_directory(path: Path) -> Path | None:
    """The outermost directory on the way to `path` that not everybody may enter."""
    way = [directory for directory in (*reversed(path.parents), path) if not directory.stat().st_mode & 0o001]
    return way[0] if way else None


def host_network() -> dict[str, list[str]]:
    """The interfaces and kernel sets of the namespace that the tests were started in."""
    from ideolab_f2b.kernel.ipset.sets import Sets
    from ideolab_f2b.kernel.netlink import KernelError

    try:
        sets = Sets()
        names = sorted(sets.names())
        sets.close()
    except KernelError:
        names = []
    return {"interfaces": [name for _index, name in socket.if_nameindex()], "sets": names}


@pytest.fixture(scope="session", autouse=True)
def untouched_host() -> Iterator[dict[str, list[str]]]:
    """No test adds an interface or a set outside of its own namespaces."""
    before = host_network()
    yield before
    assert host_network() == before


@pytest.fixture(scope="session", autouse=True)
def no_fail2ban_of_this_host() -> Iterator[None]:
    """No test asks a fail2ban that runs on this machine: its own answers to the fail2ban-client in PATH."""
    from ideolab_f2b import fail2ban_client

    usual, fail2ban_client.SOCKET = fail2ban_client.SOCKET, "/nowhere/fail2ban.sock"
    yield
    fail2ban_client.SOCKET = usual


@pytest.fixture(autouse=True)
def no_state_outlives_its_test() -> Iterator[None]:
    """What a test has told its process is not found by the next one."""
    with process_state.put_back():
        yield


@pytest.fixture(autouse=True)
def no_thread_outlives_its_test() -> Iterator[None]:
    """What a thread logs or writes after its test would be found by the next one."""
    before = set(threading.enumerate())
    yield
    deadline = monotonic() + THREAD_END_S
    while _working_since(before) and monotonic() < deadline:
        sleep(0.01)
    assert [one.name for one in _working_since(before)] == []


def _working_since(before: set[threading.Thread]) -> list[threading.Thread]:
    """The threads that a test has begun and that work on; those of a pool only wait for the next work."""
    return [one for one in threading.enumerate() if one not in before and not one.name.startswith(_POOLS)]
