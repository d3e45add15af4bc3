"""CPU of a boot that restores 50,000 bans of nine jails, against `ipset restore` of the same sets. Root.

Each is a process of its own in a new network namespace: what a boot pays, its start included.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.actions.jail_record import JailRecord, JailRecords, to_json  # noqa: E402
from tests.boot.fail2ban_database import Row, make  # noqa: E402

BANS, JAILS, ROUNDS = 50_000, 9, 5
PYTHON = "/usr/bin/python3"
RESTORE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from ideolab_f2b.boot.restore import restore
done = restore(Path(sys.argv[2]))
assert not done.problems, done
print(done.said, file=sys.stderr)
"""


def write(directory: Path, backend: str) -> Path:
    """Write a database with as many addresses of each family, and the records of the jails."""
    now = int(time.time())
    rows: list[Row] = []
    for number in range(BANS):
        six = f"2001:db8:{number:x}::/64"
        address = six if number % 2 else f"198.18.{number >> 8}.{number & 255}"
        rows.append((f"jail{number % JAILS}", address, now, 36_000))
    directory.mkdir()
    base = make(directory / "fail2ban.sqlite3", rows, '{"matches": ["' + "x" * 300 + '"]}')
    jails = tuple(JailRecord(f"jail{n}", f"jail_{n}", 131_072, backend=backend) for n in range(JAILS))
    path = directory / "sets.json"
    path.write_bytes(to_json(JailRecords(str(base), jails)))
    path.chmod(0o600)
    return path


def spend(namespace: Namespace, *words: str, text: str = "") -> float:
    """Return the seconds of CPU of a program in a namespace."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(namespace.command(*words), input=text, text=True, check=True, stderr=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print the seconds of each backend, and how often `ipset restore` fits in."""
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        paths = {backend: write(Path(name, backend), backend) for backend in ("ipset", "nft")}
        for _round in range(ROUNDS):
            saved = ""
            for backend, path in paths.items():
                with link_namespaces("f2bbootb") as (boot, _peer):
                    spent = spend(boot, PYTHON, "-c", RESTORE, str(REPOSITORY), str(path))
                    best[backend] = min(spent, best.get(backend, spent))
                    saved = saved or boot.run("ipset", "save")
            with link_namespaces("f2bbootb") as (boot, _peer):
                spent = spend(boot, "ipset", "restore", text=saved)
                best["ipset restore"] = min(spent, best.get("ipset restore", spent))
    base = best["ipset restore"]
    for what, seconds in best.items():
        print(
            f"{what:<14} {seconds:5.2f} s of CPU for {BANS:,} bans, {seconds / base:4.1f} times ipset restore"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
