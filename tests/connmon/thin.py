"""Copies of the labelled snapshots without what no test needs: `python3 -m tests.connmon.thin SOURCE RUN...`.

SOURCE holds one directory per run with ss.txt.gz and classes.tsv. TIME-WAIT rows, padding and the tokens of
tcp_info that the sensor does not read are left out.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from pathlib import Path

TARGET = Path(__file__).parent / "snapshots"
_UNREAD = re.compile(
    r" (?:skmem|cgroup|uid|wscale|rto|rtt|ato|mss|pmtu|rcvmss|advmss|segs_out|segs_in|pacing_rate|"
    r"delivery_rate|delivered|rcv_space|rcv_ssthresh|minrtt|ssthresh|bytes_sent|bytes_retrans|dsack_dups|reord_seen|"
    r"reordering|send|rcv_rtt|unacked|lost|sacked)[: ][^ ]*| (?:<->|ts|sack|cubic|app_limited)(?= )"
)


def thin(text: str) -> str:
    """The text of a series, one blank between the words that count."""
    lines = (" ".join(line.split()) for line in text.splitlines() if not line.startswith("TIME-WAIT"))
    return "".join(_UNREAD.sub("", line) + "\n" for line in lines)


def main(source: Path, runs: list[str]) -> None:
    """Write the thinned snapshots of these runs."""
    TARGET.mkdir(exist_ok=True)
    for run in runs:
        with gzip.open(source / run / "ss.txt.gz", "rt") as file:
            data = thin(file.read()).encode()
        (TARGET / f"{run}.ss.txt.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    shutil.copyfile(source / runs[0] / "classes.tsv", TARGET / "classes.tsv")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
