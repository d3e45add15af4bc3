"""The app: its name, and what is registered when Django starts. No thread starts, no database is asked."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessLogConfig(AppConfig):
    """The app `ideolab_accesslog`."""

    name = "ideolab_accesslog"
    verbose_name = _("Access log and TrashIP")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and the counting of offences and rows."""
        from ideolab_accesslog import checks  # noqa: F401
        from ideolab_accesslog.access import recorder
        from ideolab_accesslog.metrics import process

        process.register(recorder.counts)
