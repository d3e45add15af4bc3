"""The requests that were answered, and which files of the spool are stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.models.user_field import UserField


class AccessLog(models.Model):
    """One answered request; written in batches by access/recorder.py, never changed."""

    ts = models.DateTimeField(_("time"), default=timezone.now)
    # None: the address is not certain (client_ip)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True, unpack_ipv4=True)
    forwarded_for = models.CharField(_("X-Forwarded-For"), max_length=255, blank=True, default="")
    # without a constraint: a user who is deleted while a batch waits must not cost the whole batch
    user = UserField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # a keyed digest, never the key itself: who reads the log could take over the session
    session_key = models.CharField(_("session"), max_length=64, blank=True, default="")
    method = models.CharField(_("method"), max_length=16)
    host = models.CharField(_("host"), max_length=255, blank=True, default="")
    path = models.CharField(_("path"), max_length=1024)
    query_string = models.CharField(_("query"), max_length=1024, blank=True, default="")
    referer = models.CharField(_("referer"), max_length=1024, blank=True, default="")
    user_agent = models.CharField(_("user agent"), max_length=512, blank=True, default="")
    accept_language = models.CharField(_("language"), max_length=128, blank=True, default="")
    status_code = models.PositiveSmallIntegerField(_("status"))
    response_bytes = models.BigIntegerField(_("bytes"), null=True, blank=True)
    duration_ms = models.FloatField(_("duration (ms)"), null=True, blank=True)
    view_name = models.CharField(_("view"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("access log")
        ordering = ("-ts", "-id")
        indexes = (
            models.Index(fields=("-ts", "-id"), name="alog_ts"),
            models.Index(fields=("ip", "-ts"), name="alog_ip_ts"),
            models.Index(fields=("status_code", "-ts"), name="alog_status_ts"),
        )

    def __str__(self) -> str:
        return f"{self.ip} {self.method} {self.path:.80} {self.status_code}"


class LoadedSpool(models.Model):
    """A spool file whose rows are stored, while the file may still be there (access/sinks/spool_load.py)."""

    name = models.CharField(max_length=255, unique=True)
    ts = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("loaded spool file")
        verbose_name_plural = _("loaded spool files")

    def __str__(self) -> str:
        return str(self.name)
