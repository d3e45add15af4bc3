"""Copies of the labelled logs that the tests need: `python3 -m tests.nginx.thin SOURCE`.

SOURCE holds one directory per run with the logs of a real nginx, and the logs of the injection attempts. The
access log of the lab becomes one in our own format: the same numbers, none of the text that nobody looks at.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

TARGET = Path(__file__).parent / "logs"
RUNS = ("1.22.1-stock", "1.22.1-seed", "1.22.1-hard")
_SINGLE = (
    "forged-lines.1.22.1.info.log",
    "forged-lines.1.22.1.syslog-sanitized.log",
    "injection.1.22.1.info.log",
    "injection.1.22.1.access.log",
    "access-remote_user-tricks.1.22.1.log",
    "proxy-protocol-realip.1.22.1.info.log",
    "quic.1.26.3.info.log",
    "fingerprint.1.22.1.access.jsonl",
    "fingerprint.raw-clienthello.jsonl",
)
_LAB = re.compile(
    r"(?P<msec>\S+) (?P<ip>\S+) (?P<st>\d+) rt=(?P<rt>\S+) rl=(?P<in>\d+) bs=(?P<out>\d+) c=(?P<conn>\d+) "
    r".* up=(?P<up>\S+)$"
)


def ours(lines: Iterable[str]) -> Iterator[str]:
    """The lab's lines in the format of deploy/nginx/ideolab-log.conf, up to its last number."""
    for line in lines:
        found = _LAB.match(line.rstrip("\n"))
        if found is None:
            raise SystemExit(f"not a line of the lab: {line}")
        when = datetime.fromtimestamp(int(float(found["msec"])), timezone.utc).isoformat()
        up = "" if found["up"] == "-" else found["up"]
        head = {"ip": found["ip"], "time": when, "status": found["st"]}
        numbers = {name: found[name] for name in ("rt", "in", "out")}
        text = json.dumps(head, separators=(",", ":"))[:-1]
        text += "".join(f',"{name}":{number}' for name, number in numbers.items())
        yield f'{text},"up":"{up}","conn":{found["conn"]}}}\n'


def _write(name: str, text: str) -> None:
    (TARGET / name).write_bytes(gzip.compress(text.encode("utf-8", "surrogateescape"), 9, mtime=0))


def _read(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "surrogateescape")


def main(source: Path) -> None:
    """Write the thinned logs of all runs."""
    TARGET.mkdir(exist_ok=True)
    for run in RUNS:
        _write(f"{run}.error.log.gz", _read(source / run / "error.info.log.gz"))
        _write(f"{run}.combined.log.gz", _read(source / run / "access.combined.log"))
        lab = _read(source / run / "access.lab.log.gz")
        _write(f"{run}.ours.log.gz", "".join(ours(lab.splitlines())))
    for name in _SINGLE:
        _write(f"{name}.gz", _read(source / name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
