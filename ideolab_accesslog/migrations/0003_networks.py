"""TrashIP and the audit hold the /64 of IPv6 clients; the columns stay as they are, so that no table is written."""

from django.db import migrations

import ideolab_accesslog.models


class Migration(migrations.Migration):
    dependencies = [("ideolab_accesslog", "0002_excused_reasons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="traship",
                    name="ip",
                    field=ideolab_accesslog.models.NetworkField(
                        unique=True, unpack_ipv4=True, verbose_name="address"
                    ),
                ),
                migrations.AlterField(
                    model_name="firewallactionlog",
                    name="ip",
                    field=ideolab_accesslog.models.NetworkField(unpack_ipv4=True, verbose_name="address"),
                ),
            ],
        )
    ]
