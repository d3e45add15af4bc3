"""A ban that the site refuses is `refused`; until now its audit row said `failed`."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Substr

#: how the error of such a row began; the root helper's refusals have an exit code
_BEGIN = "refused: "


def name_refusals(apps: Any, schema_editor: Any) -> None:
    """Give the rows of refused addresses their state."""
    rows = apps.get_model("ideolab_accesslog", "FirewallActionLog").objects.using(
        schema_editor.connection.alias
    )
    old = rows.filter(state="failed", action="ban", rc=None, command="", stderr__startswith=_BEGIN)
    old.update(state="refused", stderr=Substr("stderr", Value(len(_BEGIN) + 1)))


class Migration(migrations.Migration):
    dependencies = [("ideolab_accesslog", "0003_networks")]

    operations = [
        migrations.AlterField(
            model_name="firewallactionlog",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "not finished"),
                    ("done", "done"),
                    ("failed", "failed"),
                    ("skipped", "not executed"),
                    ("refused", "refused"),
                ],
                default="pending",
                max_length=8,
                verbose_name="state",
            ),
        ),
        migrations.RunPython(name_refusals, migrations.RunPython.noop, elidable=True),
    ]
