"""The loop of the intake: wait, receive, hand over to the feeds; now and then it looks after its socket."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

from ideolab_f2b import logline, metrics
from ideolab_f2b.intake import datagram
from ideolab_f2b.intake import metrics as gauges
from ideolab_f2b.intake.complaint import Complaint
from ideolab_f2b.intake.feed import Feed
from ideolab_f2b.intake.inlet import Inlet

#: seconds between two looks at the socket, and the longest wait
LOOK_S = 1.0
#: seconds between two writings of the metrics
METRICS_S = 10.0
#: how long a stop may take while nginx goes on sending
DRAIN_S = 1.0


class Service:
    """`feeds` maps the tags of nginx's configuration to what becomes of their lines."""

    def __init__(
        self,
        inlet: Inlet,
        feeds: Mapping[bytes, Feed],
        prom: Path,
        complaint: Complaint,
        counts: Counter[str],
    ) -> None:
        self._inlet, self._feeds, self._prom = inlet, feeds, prom
        self._complaint, self._counts = complaint, counts
        self._look_at = self._metrics_at = float("-inf")
        self._lost = 0
        self._success = 0.0

    def run(self, wakeup: int, is_stopped: Callable[[], bool]) -> None:
        """Until `is_stopped`, when `wakeup` can be read; what was sent before is still put down."""
        while not is_stopped():
            self.turn()
            self._inlet.wait(wakeup, LOOK_S)
        deadline = time.monotonic() + DRAIN_S
        while self.turn() and time.monotonic() < deadline:
            pass
        for feed in self._feeds.values():
            feed.tick(float("inf"), _now())
        self._write_metrics()

    def turn(self) -> int:
        """One batch, and what is due; how many datagrams there were."""
        now = time.monotonic()
        received = self._inlet.receive()
        for tag, texts in self._by_tag(received).items():
            foreign = self._feeds[tag].put(texts, now, _now())
            if foreign is not None:
                self._complaint(
                    "text", f"tag={tag.decode()} came with a line of another log: {_quote(foreign)}"
                )
        self._look_after(now)
        return len(received)

    def _by_tag(self, received: list[bytes]) -> dict[bytes, list[bytes]]:
        """The texts for each feed; the rest is counted, and one of it told."""
        texts: dict[bytes, list[bytes]] = {tag: [] for tag in self._feeds}
        strangers = []
        for data in received:
            message = datagram.parse(data)
            if message is not None and message[0] in texts:
                texts[message[0]].append(message[1])
            else:
                strangers.append(data)
        if strangers:
            self._counts["malformed"] += len(strangers)
            tags = " or ".join(f"tag={tag.decode()}" for tag in self._feeds)
            self._complaint("header", f"a datagram without nginx's header and {tags}: {_quote(strangers[0])}")
        return texts

    def _look_after(self, now: float) -> None:
        if now >= self._look_at:
            self._inlet.keep()
            self._look_at = now + LOOK_S
        if now >= self._metrics_at:
            self._write_metrics()
            self._metrics_at = now + METRICS_S

    def _write_metrics(self) -> None:
        self._counts["refused"] = self._inlet.refused
        if self._counts["lost"] == self._lost:
            self._success = time.time()
        self._lost = self._counts["lost"]
        try:
            metrics.write(self._prom, gauges.samples(self._counts, self._success))
        except (OSError, metrics.MetricsUnavailableError) as error:
            self._complaint("metrics", str(error))


def _quote(data: bytes) -> str:
    return logline.quote(data[:120])


def _now() -> datetime:
    return datetime.now(timezone.utc)
