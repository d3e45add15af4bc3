"""Asks ipwhois, in a process of its own; prints JSON lines.

`python3 -m ideolab_f2b.origin.ipwhois_child SECONDS ADDRESS...`

Not in fail2ban-server: its import alone would hold every ban for a fifth of a second, it waits for each
read anew, and it takes answers of any length. Here a limit of memory ends it, or whoever started it.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from typing import Any

#: bytes of address space: ipwhois and its libraries take a third
MEMORY = 512 * 1024 * 1024
#: keys of its answer that are of use
_KEYS = ("asn", "asn_cidr", "asn_country_code", "asn_description")
#: what it says instead of an answer when the library is not there
MISSING = "missing"


def look_up(address: str, timeout_s: float) -> dict[str, Any]:
    """Return ipwhois' own keys or {"error": ...}; it asks by DNS, whois, then the registry's web service."""
    from ipwhois import exceptions
    from ipwhois.asn import IPASN
    from ipwhois.net import Net

    try:
        found = IPASN(Net(address, timeout=timeout_s)).lookup(retry_count=0)
    except exceptions.IPDefinedError:
        return {"asn": "NA"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    return {key: str(found.get(key) or "")[:500] for key in _KEYS}


def main(words: Sequence[str]) -> int:
    """Look up each address, `words` are the seconds for one wait and the addresses; 1 without the library."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    timeout_s, addresses = float(words[0]), words[1:]
    try:
        import ipwhois  # noqa: F401
    except ImportError:
        print(json.dumps({"error": MISSING}), flush=True)
        return 1
    for address in addresses:
        print(json.dumps({"address": address, **look_up(address, timeout_s)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
