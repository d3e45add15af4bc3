"""Renders the pages of the admin in the theme of DJANGO_THEME: `python -m tests.accesslog.themed DIRECTORY`.

A theme changes the templates of the whole process, so each has one of its own. Rows are such as do not
fit: long paths, names and addresses, a million hits.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

LONG_PATH = "/" + "averylongsegmentwithoutahyphen" * 8
LONG_NAME = "maximilian.von.und-zu.hohenzollern-sigmaringen@department.example.org"
LONG_VIEW = "shop.views.api.v1.CustomerOrderItemViewSet-detail-with-a-long-name"
ADDRESSES = ("198.51.100.254", "2001:db8:aaaa:bbbb::/64", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff")
TRASH = "admin:ideolab_accesslog_traship_"


def fill() -> None:
    """Write rows of each kind into the tables."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP

    now, user = timezone.now(), User.objects.create_user(LONG_NAME)
    for number, address in enumerate((*ADDRESSES, "198.51.100.1", "198.51.100.2", "198.51.100.3")):
        TrashIP.objects.create(
            ip=address, reason=TrashIP.Reason.values[number % 5], count_hits=2_000_000, count_404=1_000_000,
            count_sensitive=1_000_000, last_path=LONG_PATH, last_seen=now, is_banned=number < 5,
            ban_until=now + timedelta(days=number - 1) if number else None, iptables_applied=number == 1,
            firewall_error=("", "", "held: banned by jail sshd", "no answer", "", "no answer")[number],
        )  # fmt: skip
    for number in range(10):
        AccessLog.objects.create(
            ts=now, ip=(ADDRESSES[2], ADDRESSES[0], None)[number % 3], path=LONG_PATH, method="PROPFIND",
            status_code=(200, 302, 404, 500)[number % 4], duration_ms=123456.789, view_name=LONG_VIEW,
            user=user,
        )  # fmt: skip
        FirewallActionLog.objects.create(
            ts=now, batch=uuid.uuid4(), actor=user, actor_name=LONG_NAME, ip=ADDRESSES[number % 3],
            action=FirewallActionLog.Action.values[number % 3], bantime=315_360_000, rc=1,
            state=FirewallActionLog.State.values[number % 5], reason=LONG_PATH, stderr=LONG_PATH,
            duration_ms=20123.4,
        )  # fmt: skip


def pages() -> Iterator[tuple[str, Any]]:
    """The name and the answer of each page, as the superuser sees it."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from ideolab_accesslog.models import TrashIP

    client = Client()
    client.force_login(User.objects.create_superuser("alice"))
    for model in ("traship", "accesslog", "firewallactionlog"):
        base = f"admin:ideolab_accesslog_{model}_"
        yield model, client.get(reverse(f"{base}changelist"))
        yield f"{model}-empty", client.get(reverse(f"{base}changelist"), {"q": "198.51.100.99"})
        yield f"{model}-row", client.get(reverse(f"{base}change", args=[2]))
    chosen = {"action": "ban_24h", "_selected_action": list(TrashIP.objects.values_list("pk", flat=True))}
    yield "confirm", client.post(reverse(f"{TRASH}changelist"), chosen)
    yield "ban", client.get(reverse(f"{TRASH}ban"))
    yield "ban-errors", client.post(reverse(f"{TRASH}ban"), {"addresses": "x", "time": "24h"})
    yield "stats", client.get(reverse(f"{TRASH}stats"))
    yield "traffic", client.get(reverse(f"{TRASH}traffic"))
    ban = {"action": "ban", "time": "24h", "target": ADDRESSES[1]}
    yield "address-ban", client.post(reverse(f"{TRASH}address", args=[ADDRESSES[1]]), ban)
    yield "address", client.get(reverse(f"{TRASH}address", args=[ADDRESSES[1]]))
    for name, of in (("ban", ADDRESSES[1]), ("unban", ADDRESSES[1]), ("ban-refused", "127.0.0.1")):
        url = reverse(f"admin:ideolab_accesslog_security_{name.partition('-')[0]}")
        yield f"security-{name}", client.get(url, {"of": of})
    yield from security_pages(client)


def security_pages(client: Any) -> Iterator[tuple[str, Any]]:
    """The dashboard in each of its states."""
    from django.urls import reverse

    from ideolab_accesslog.dashboard.kept import kept
    from tests.accesslog.security_page.states import STATES

    for name, make in STATES.items():
        setattr(kept, "read", lambda _period, make=make: make())  # noqa: B010
        yield f"security-{name}", client.get(reverse("admin:ideolab_accesslog_security_changelist"))


def main(directory: Path) -> None:
    """Write each page into a file."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.accesslog.settings")
    directory.mkdir(parents=True, exist_ok=True)
    django.setup()
    from django.core.management import call_command

    from ideolab_accesslog.scheduler import scheduler

    # its thread would have a database in memory of its own
    setattr(scheduler, "start", lambda: None)  # noqa: B010
    call_command("migrate", verbosity=0)
    fill()
    for name, answer in pages():
        assert answer.status_code == 200, name
        (directory / f"{name}.html").write_bytes(answer.content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
