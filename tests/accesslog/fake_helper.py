#!/usr/bin/env python3
"""A stand-in for ideolab-fw-ip: its protocol on stdin and stdout, a directory of files for the kernel's set.

fake_helper.py DIRECTORY; files named `<address>` are elements, with a "_" for "/"; `refuse`, `slow`,
`silent` and `held` change its manners.
"""

from __future__ import annotations

import ipaddress
import json
import sys
import time
from pathlib import Path


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


def main() -> int:
    """Answer each line of standard input; exit 1 when an address was refused."""
    directory = Path(sys.argv[1])
    with open(directory / "calls", "a") as calls:
        calls.write("call\n")
    if (directory / "silent").exists():
        print("sudo: a password is required", file=sys.stderr)
        return 1
    code = 0
    for number, text in enumerate(sys.stdin.read().splitlines()):
        if number and (directory / "slow").exists():
            time.sleep(60)
        action, address, *rest = text.split(" ")
        ipaddress.ip_network(address)
        result, detail = answer(directory, action, address, rest[0] if rest else "")
        code = max(code, int(result == "refused"))
        record = {"action": action, "address": address, "result": result, "until": None, "detail": detail}
        print(json.dumps(record), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
