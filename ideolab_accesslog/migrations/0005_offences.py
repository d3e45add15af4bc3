"""The newest offences of each address, for its page in the admin; no other table is touched."""

import django.utils.timezone
from django.db import migrations, models

import ideolab_accesslog.models


class Migration(migrations.Migration):
    dependencies = [("ideolab_accesslog", "0004_refused_state")]

    operations = [
        migrations.CreateModel(
            name="OffenceLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ts", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                ("ip", ideolab_accesslog.models.NetworkField(unpack_ipv4=True, verbose_name="address")),
                (
                    "client_ip",
                    models.GenericIPAddressField(
                        blank=True, null=True, unpack_ipv4=True, verbose_name="client"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("404_burst", "many pages that do not exist"),
                            ("sensitive_path", "a sensitive path"),
                            ("cross_site", "what another site's page or link asked for"),
                            ("crawler", "a verified crawler"),
                            ("manual", "added by hand"),
                        ],
                        max_length=32,
                        verbose_name="reason",
                    ),
                ),
                ("rule", models.CharField(blank=True, default="", max_length=32, verbose_name="rule")),
                ("method", models.CharField(max_length=16, verbose_name="method")),
                ("path", models.CharField(max_length=1024, verbose_name="path")),
                ("status_code", models.PositiveSmallIntegerField(verbose_name="status")),
                (
                    "user_agent",
                    models.CharField(blank=True, default="", max_length=512, verbose_name="user agent"),
                ),
            ],
            options={
                "verbose_name": "offence",
                "verbose_name_plural": "offences",
                "ordering": ("-ts", "-id"),
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-ts", "-id"], name="offence_ts"),
                    models.Index(fields=["ip", "-ts"], name="offence_ip_ts"),
                ],
            },
        ),
    ]
