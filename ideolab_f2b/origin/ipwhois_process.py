"""Asks ipwhois for a few addresses where bulk whois gave nothing, by a process that ends at the deadline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ideolab_f2b.origin import field, ipwhois_child
from ideolab_f2b.origin.bulk import Reply
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin

SOURCE = "ipwhois"
MISSING = "ipwhois, which is optional, is not installed"


def ask(addresses: Collection[Address], deadline: float) -> Reply:
    """Ask one by one until `deadline` (time.monotonic()); network errors never raise."""
    left = deadline - time.monotonic()
    try:
        lines = _run([str(address) for address in addresses], left) if left > 0 else []
    except OSError as error:
        return Reply({}, f"ipwhois: not started: {error}")
    found: dict[Address, Origin] = {}
    error_text = "no answer in time"
    for address, line in zip(addresses, lines):
        answer = _parse(line)
        origin = _origin(address, answer)
        if origin is not None:
            found[address] = origin
        else:
            error_text = str(answer.get("error", "no ASN in the answer"))
    if error_text == ipwhois_child.MISSING:
        return Reply({}, MISSING)
    return Reply(found, None if len(found) == len(addresses) else f"ipwhois: {error_text}")


def _run(addresses: Sequence[str], left: float) -> list[str]:
    """Return what the process printed, also when it was killed at the deadline."""
    # each of its three ways to ask may use up its own time
    command = [sys.executable, "-m", ipwhois_child.__name__, f"{max(0.5, left / 4):.2f}", *addresses]
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    try:
        output, _nothing = process.communicate(timeout=left)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _nothing = process.communicate()
    return output.decode("utf-8", "replace").splitlines()


def _parse(line: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _origin(address: Address, answer: Mapping[str, Any]) -> Origin | None:
    """Return an Origin that is not known for addresses that are nobody's; None without an answer."""
    if answer.get("asn") == "NA":
        return Origin(str(address), source=SOURCE)
    number = field.asn(answer.get("asn"))
    if number is None:
        return None
    network = field.network(answer.get("asn_cidr"), address)
    # ipwhois glues the rows of further origins to the name
    name = str(answer.get("asn_description") or "").partition("\n")[0]
    return Origin(
        str(address),
        number,
        field.name(name),
        field.country(answer.get("asn_country_code")),
        str(network) if network else None,
        SOURCE,
    )
