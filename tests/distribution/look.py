"""Runs inside the stranger's site: asks for every page of the app and prints what came, as JSON."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.strict"
sys.path.insert(0, os.getcwd())
django.setup()

from django.apps import apps  # noqa: E402 (an app is there once Django is set up)
from django.conf import settings  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import get_commands, load_command_class  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from ideolab_accesslog.models import AccessLog, ConnmonEvent, FirewallActionLog, TrashIP  # noqa: E402

ADDRESS = "198.51.100.7"
#: pages that are about one address
_NEED_A_TARGET = {f"ideolab_accesslog_security_{name}" for name in ("detail", "ban", "unban")}
_BATCH = "00000000-0000-0000-0000-000000000001"


def _fill() -> Client:
    user = get_user_model().objects.create_superuser("root", "root@example.org", "x")
    AccessLog.objects.create(ip=ADDRESS, user=user, method="GET", path="/seen", status_code=200)
    TrashIP.objects.update_or_create({"count_404": 7, "last_path": "/.env"}, ip=ADDRESS)
    FirewallActionLog.objects.create(batch=_BATCH, actor_name="root", action="ban", ip=ADDRESS)
    ConnmonEvent.objects.create(ts=timezone.now(), type="ban", ip=ADDRESS, event_id="1")
    client = Client()
    client.force_login(user)
    return client


def _urls() -> list[str]:
    """Every page of the app in the admin; what takes an argument gets that of a row."""
    found = []
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label != "ideolab_accesslog":
            continue
        row = model._default_manager.first()
        assert row is not None, f"_fill() makes no {model.__name__}"
        for pattern in model_admin.get_urls():
            if pattern.name:
                names = pattern.pattern.converters
                arguments = {name: row.pk if name == "object_id" else ADDRESS for name in names}
                query = f"?of={ADDRESS}" if pattern.name in _NEED_A_TARGET else ""
                found.append(reverse(f"admin:{pattern.name}", kwargs=arguments) + query)
    return ["/admin/", "/admin/ideolab_accesslog/", *found]


def _look(client: Client, url: str, **data: Any) -> dict[str, Any]:
    answer = client.post(url, data) if data else client.get(url)
    text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()
    linked = re.findall(rf'(?:src|href)="{settings.STATIC_URL}([^"]+)"', text)
    lost = [name for name in linked if not (Path(settings.STATIC_ROOT) / name).is_file()]
    return {"status": answer.status_code, "text": text, "lost": lost, "linked": linked}


def _help(name: str) -> str:
    printed = io.StringIO()
    command = load_command_class("ideolab_accesslog", name)
    with redirect_stdout(printed):
        try:
            command.run_from_argv(["manage.py", name, "--help"])
        except SystemExit as end:
            assert not end.code
    return printed.getvalue()


def main() -> None:
    """Print everything."""
    client = _fill()
    pages = {url: _look(client, url) for url in _urls()}
    chosen = [TrashIP.objects.get(ip=ADDRESS).pk]
    pages["confirm"] = _look(
        client,
        reverse("admin:ideolab_accesslog_traship_changelist"),
        action="ban_24h",
        _selected_action=chosen,
    )
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fr"
    french = _look(client, reverse("admin:ideolab_accesslog_traship_changelist"))
    commands = [name for name, app in get_commands().items() if app == "ideolab_accesslog"]
    found = {
        "place": apps.get_app_config("ideolab_accesslog").path,
        "pages": pages,
        "french": french["text"],
        "help": {name: _help(name) for name in commands},
    }
    Path("found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
