#!/usr/bin/env python3
"""A stand-in for ideolab-fw-ip: its protocol on stdin and stdout, a directory of files for the kernel's set.

fake_helper.py DIRECTORY; files named `<address>` are elements, with a "_" for "/"; `refuse`, `slow`,
`silent`, `busy` and `held` change its manners, `preview` has the fields of its previews.
"""

from __future__ import annotations

import ipaddress
import json
import sys
import time
from pathlib import Path
from typing import Any


def answer(directory: Path, action: str, address: str, seconds: str) -> tuple[str, str]:
    """Do one action on one address; return its result and the detail."""
    element, refused = directory / address.replace("/", "_"), directory / "refuse"
    if refused.exists() and refused.read_text() == address:
        return "refused", "listed in /etc/ideolab/never-ban"
    held = element.exists()
    # another jail has it too, which this caller does not lift
    if (directory / "held").exists() and action != "ban" and not (held and action == "check"):
        element.unlink(missing_ok=True)
        return "held", "banned by jail ideolab-traship"
    if action == "check":
        return ("banned" if held else "not-banned"), ""
    if action == "ban":
        element.write_text(seconds)
        return ("already" if held else "banned"), ""
    if held:
        element.unlink()
    return ("unbanned" if held else "not-banned"), ""


def preview(directory: Path, address: str) -> dict[str, Any]:
    """Return the fields of docs/asn.md: of one network of an AS, with what the file `preview` changes."""
    networks = ["203.0.113.0/24"] if address.startswith("AS") else [address]
    told: dict[str, Any] = {
        **{"address": address, "prefixes": len(networks), "addresses": 256, "networks6": 0},
        **{"networks": networks, "connections": {"inside": 3, "total": 120}},
        "visitors": {"clients": 12, "clients_total": 4210, "requests": 310, "requests_total": 96400},
        **{"since": 1795860000.0, "partial": False, "allowed": True, "over_cap": None},
        **{"refusals": [], "unknown": []},
    }
    changed = directory / "preview"
    return {**told, **(json.loads(changed.read_text()) if changed.exists() else {})}


def main() -> int:
    """Answer each line of standard input; exit 1 when an address was refused."""
    directory = Path(sys.argv[1])
    with open(directory / "calls", "a") as calls:
        calls.write("call\n")
    if (directory / "silent").exists():
        print("sudo: a password is required", file=sys.stderr)
        return 1
    if (directory / "busy").exists():
        print("busy: 8 runs of uid 33 are not finished; nothing was done", file=sys.stderr)
        return 2
    code = 0
    for number, text in enumerate(sys.stdin.read().splitlines()):
        if number and (directory / "slow").exists():
            time.sleep(60)
        action, address, *rest = text.split(" ")
        if not address.startswith("AS"):
            ipaddress.ip_network(address)
        told = preview(directory, address) if action == "preview" else None
        if told is None:
            result, detail = answer(directory, action, address, rest[0] if rest else "")
        else:
            result, detail = ("allowed" if told["allowed"] else "refused"), "".join(told["refusals"][:1])
        code = max(code, int(result == "refused"))
        record = {"action": action, "address": address, "result": result, "until": None, "detail": detail}
        if told is not None:
            record["preview"] = told
        print(json.dumps(record), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
