"""The app: its name, and what is registered when Django starts. No thread starts, no database is asked."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccessLogConfig(AppConfig):
    """The app `ideolab_accesslog`."""

    name = "ideolab_accesslog"
    verbose_name = _("Access log and TrashIP")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, the app's own SQLite file, and the counting of offences and rows."""
        from ideolab_accesslog import checks  # noqa: F401
        from ideolab_accesslog.access import recorder
        from ideolab_accesslog.databases import make, own
        from ideolab_accesslog.metrics import process

        own.register()
        post_migrate.connect(make.follow_migrate, sender=self, dispatch_uid="ideolab_accesslog.databases")
        process.register(recorder.counts)
