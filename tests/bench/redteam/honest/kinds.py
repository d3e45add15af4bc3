"""All honest kinds by name: how many clients stand behind the address of each, and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tests.bench.redteam.honest import (
    browsing,
    calls,
    checks,
    chromium,
    pools,
    programs,
    transfers,
    waiting,
)
from tests.bench.redteam.honest.client import Kind
from tests.bench.redteam.server.addresses import BY_ROUTE, HTTP1, HTTP1_BY_ROUTE, LINES

#: the kinds that were banned, or nearly so, when the pack was last attacked
REVIEWED: Mapping[str, Kind] = {
    "squid": Kind(pools.open_on_demand, 45, 60),
    "haproxy": Kind(pools.serve_bursts, 45, 2),
    "office": Kind(browsing.work_in_office, 30, 20, HTTP1),
    "api-pool": Kind(pools.ask_in_rhythm, 50, 0.5),
    "api-refresh": Kind(pools.refresh_together, 50, 0.5),
    "kiosk-ping": Kind(partial(waiting.talk, query="ping=20"), 40, 0.5),
    "kiosk-quiet": Kind(waiting.talk, 40, 0.5),
    "wget-1k": Kind(partial(programs.mirror, rate="1k"), 10),
    "player-small": Kind(partial(transfers.pause_player, first=60_000, window=32768, pause_s=60), 10),
    "monitor-hold": Kind(checks.hold_connection, 20),
    "grpc-ping": Kind(calls.hold_call, 10),
    "grpc-message": Kind(partial(calls.hold_call, message_s=3.0), 10),
    "tcp-check": Kind(checks.connect_only, 2),
    "tls-check": Kind(checks.shake_only, 2),
    "curl-slow": Kind(partial(programs.fetch_slowly, rate="1k"), 5),
    "player-pause": Kind(transfers.pause_player, 6),
    "sse": Kind(waiting.watch_events, 20),
    "tabs": Kind(browsing.open_tab, 10),
    "page": Kind(browsing.read_page, 20),
}
_OTHERS: Mapping[str, Kind] = {
    "chromium": Kind(chromium.work, 1, 0, BY_ROUTE[0]),
    "chromium-http1": Kind(chromium.work, 1, 0, HTTP1_BY_ROUTE),
    "curl": Kind(programs.fetch_pages, 3),
    "wget": Kind(programs.mirror, 3),
    "git": Kind(programs.clone, 2, 5, BY_ROUTE[1]),
    "docker-pull": Kind(transfers.pull_layers, 6, 1),
    "restic": Kind(transfers.back_up, 8, 1),
    "imap": Kind(waiting.read_mail, 30, 20, LINES),
    "imap-phones": Kind(partial(waiting.read_mail, every_s=29 * 60), 30, 20, LINES),
    "blackbox": Kind(checks.probe, 5),
    "prometheus": Kind(checks.scrape, 10),
    "http-check": Kind(partial(checks.probe, every_s=2, method="HEAD"), 2),
    "tls-hold-5s": Kind(partial(checks.shake_only, every_s=5, hold_s=5), 4),
    "uptime": Kind(partial(checks.probe, every_s=60), 10),
    "rss": Kind(browsing.read_news, 30),
    "long-poll": Kind(waiting.poll, 20),
    "ci-runners": Kind(partial(waiting.poll, hold_s=50), 20, 1),
    "sse-together": Kind(partial(waiting.watch_events, every_s=5), 20, 0.5),
    "chat": Kind(partial(waiting.talk, query="echo=1", text_s=12), 30),
    "chat-one-way": Kind(partial(waiting.talk, query="every=30", text_s=25), 7),
    "mqtt": Kind(partial(waiting.talk, ping_s=30), 25),
    "signalling": Kind(partial(waiting.talk, query="ping=5", ping_s=5), 12),
    "grpc-unary": Kind(calls.call_again, 10),
    "kubernetes": Kind(calls.watch, 6),
    "sensors": Kind(pools.report, 30),
    "sensors-anew": Kind(pools.report_anew, 30),
    "webhooks": Kind(partial(pools.ask_in_rhythm, every_s=20), 10),
    "sync": Kind(pools.synchronize, 10),
    "nat-60": Kind(browsing.read_page, 60, 40),
    "school": Kind(browsing.open_tab, 30, 2, HTTP1),
    "open-ahead": Kind(browsing.open_ahead, 10),
    "crawler": Kind(browsing.crawl, 8),
    "link-check": Kind(browsing.check_links, 10),
    "live-video": Kind(browsing.watch_live, 10),
    "download-3k": Kind(transfers.download, 5),
    "download-600": Kind(partial(transfers.download, rate=600, window=8192), 3),
    "upload-4k": Kind(transfers.upload, 3),
    "upload-stall": Kind(partial(transfers.upload, rate=20_000, stall_s=14), 4),
    "speed-test": Kind(transfers.measure_speed, 4),
    "apt": Kind(transfers.update_packages, 6),
}
KINDS: Mapping[str, Kind] = {**REVIEWED, **_OTHERS}
