"""The app: its name and its checks. Starts no thread and asks no database."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessLogConfig(AppConfig):
    name = "ideolab_accesslog"
    verbose_name = _("Access log and TrashIP")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ideolab_accesslog import checks  # noqa: F401
        from ideolab_accesslog.metrics import process

        process.begin()
