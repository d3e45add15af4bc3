"""TrashIP knows the reasons of offences that do not count against their address; no table is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ideolab_accesslog", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="traship",
            name="reason",
            field=models.CharField(
                choices=[
                    ("404_burst", "many pages that do not exist"),
                    ("sensitive_path", "a sensitive path"),
                    ("cross_site", "what another site's page or link asked for"),
                    ("crawler", "a verified crawler"),
                    ("manual", "added by hand"),
                ],
                default="manual",
                max_length=32,
                verbose_name="reason",
            ),
        ),
    ]
