"""Lines of events for tests, and the file that an import reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ideolab_accesslog.events.importer import Importer
from ideolab_accesslog.events.rejects import RejectFile
from ideolab_accesslog.models import ConnmonEvent

PLAIN = {
    **{
        "ts": "2026-11-22T14:52:01.250+00:00",
        "type": "ban",
        "ip": "198.51.100.7",
        "subnet": "198.51.100.0/24",
    },
    **{"count": 40, "score": 12, "asn": "64500", "asname": "EXAMPLE-AS", "country": "FR"},
    **{"reason": "40 mute", "jail": "ideolab-connmon", "bantime": 3600},
    **{"until": "2026-11-22T15:52:01.250+00:00", "origin": "198.51.100.0/24", "raw": {"port": 443}},
    **{"in": None, "id": "a-1"},
}


def make_line(**fields: Any) -> bytes:
    """A line of a ban; `fields` replace its values."""
    return json.dumps({**PLAIN, **fields}, separators=(",", ":")).encode() + b"\n"


class EventsFile:
    """connmon_events.jsonl of a test, its reject file, and what an import says."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "events.jsonl"
        self.rejects = RejectFile(directory / "rejected")
        self.said: list[str] = []

    def add(self, *ids: str, rest: bytes = b"") -> None:
        """Append an event for each id, and `rest` behind them."""
        with self.path.open("ab") as file:
            file.write(b"".join(make_line(id=each) for each in ids) + rest)

    def rotate(self, name: str = "events.jsonl.1") -> Path:
        """Rename the file as logrotate does, and make a new one."""
        target = self.path.with_name(name)
        os.rename(self.path, target)
        self.path.touch()
        return target

    def run(self, batch: int = 100) -> str:
        """Import, and return the counts with what is behind: `2 new, 0 again, 0 rejected, 0 behind`."""
        importer = Importer(self.path, self.rejects, self.said.append, batch)
        counts = importer.run()
        return (
            f"{counts.imported} new, {counts.duplicates} again, {counts.rejected} rejected, "
            f"{importer.count_behind()} behind"
        )

    def read_rejects(self) -> list[dict[str, Any]]:
        """The records of the reject file."""
        return [json.loads(line) for line in self.rejects.path.read_text().splitlines()]


def list_ids() -> list[str]:
    """The ids of all events, in the order in which they were stored."""
    return list(ConnmonEvent.objects.order_by("id").values_list("event_id", flat=True))
