"""The tables: requests, suspicious addresses with the ban wanted for them, and who did what."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.networks import parse


class NetworkFormField(forms.CharField):
    """What a form takes for a NetworkField."""

    def to_python(self, value: Any) -> str:
        """Return the text in its one notation; ValidationError for what is no address and no /64."""
        text: str = super().to_python(value)
        if not text:
            return text
        _validate_network(text)
        return str(parse(text))


class NetworkField(models.GenericIPAddressField):
    """An address, or the /64 of IPv6 addresses that are one customer; the column is that of an address."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_validators = [_validate_network]

    def to_python(self, value: Any) -> Any:
        """Return the text in its one notation; ValidationError for what is neither."""
        if value is None or not str(value).strip():
            return super().to_python(value)
        _validate_network(str(value))
        return str(parse(str(value)))

    def get_prep_value(self, value: Any) -> Any:
        """Return the text in its one notation, also for a query; any other text as it is."""
        if value is None:
            return None
        try:
            return str(parse(str(value)))
        except ValueError:
            return super().get_prep_value(value)

    def formfield(self, **options: Any) -> Any:
        """Return a field that takes networks too; Django's own takes addresses alone."""
        return models.Field.formfield(self, **{"form_class": NetworkFormField, **options})

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the value for the database; PostgreSQL's inet holds networks too."""
        value = value if prepared else self.get_prep_value(value)
        if connection.vendor == "postgresql" and isinstance(value, str) and "/" in value:
            from django.db.backends.postgresql import psycopg_any

            return ip_interface(value) if psycopg_any.is_psycopg3 else psycopg_any.Inet(value)
        return super().get_db_prep_value(value, connection, prepared=True)


def _validate_network(value: str) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise ValidationError(_("Not an address: %(words)s"), params={"words": value[:60]}) from error


class AccessLog(models.Model):
    """One answered request; written in batches by access/recorder.py, never changed."""

    ts = models.DateTimeField(_("time"), default=timezone.now)
    # None: the address is not certain (client_ip)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True, unpack_ipv4=True)
    forwarded_for = models.CharField(_("X-Forwarded-For"), max_length=255, blank=True, default="")
    # without a constraint: a user who is deleted while a batch waits must not cost the whole batch
    user = models.ForeignKey(
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
        return f"{self.ip} {self.method} {self.path} {self.status_code}"


class LoadedSpool(models.Model):
    """A spool file whose rows are stored, while the file may still be there (access/sinks/spool_load.py)."""

    name = models.CharField(max_length=255, unique=True)
    ts = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("loaded spool file")
        verbose_name_plural = _("loaded spool files")

    def __str__(self) -> str:
        return str(self.name)


class TrashIP(models.Model):
    """One address that scanned. `is_banned` and `ban_until` are the intent; `iptables_applied` is what the
    firewall last confirmed."""

    class Reason(models.TextChoices):
        BURST_404 = "404_burst", _("many pages that do not exist")
        SENSITIVE_PATH = "sensitive_path", _("a sensitive path")
        CROSS_SITE = "cross_site", _("what another site's page or link asked for")
        CRAWLER = "crawler", _("a verified crawler")
        MANUAL = "manual", _("added by hand")

    # IPv6: the /64; a row for a single address is of an earlier version, or a ban that somebody typed
    ip = NetworkField(_("address"), unique=True, unpack_ipv4=True)
    reason = models.CharField(_("reason"), max_length=32, choices=Reason.choices, default=Reason.MANUAL)
    count_hits = models.PositiveBigIntegerField(_("hits"), default=0)
    count_404 = models.PositiveBigIntegerField(_("404"), default=0)
    count_sensitive = models.PositiveBigIntegerField(_("sensitive"), default=0)
    last_path = models.CharField(_("last path"), max_length=1024, blank=True, default="")
    last_user_agent = models.CharField(_("last user agent"), max_length=512, blank=True, default="")
    first_seen = models.DateTimeField(_("first seen"), default=timezone.now)
    last_seen = models.DateTimeField(_("last seen"), default=timezone.now)
    is_banned = models.BooleanField(_("banned"), default=False)
    # None with is_banned: permanent
    ban_until = models.DateTimeField(_("banned until"), null=True, blank=True)
    ban_reason = models.CharField(_("reason of the ban"), max_length=255, blank=True, default="")
    iptables_applied = models.BooleanField(_("in the firewall"), default=False)
    applied_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    firewall_error = models.CharField(_("what the firewall said"), max_length=255, blank=True, default="")
    # FirewallActionLog.batch of the newest ban or unban: an older call that ends later changes no flag
    intent = models.UUIDField(_("last call"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("TrashIP")
        verbose_name_plural = _("TrashIP")
        ordering = ("-last_seen", "-id")
        indexes = (
            models.Index(fields=("-last_seen", "-id"), name="traship_seen"),
            models.Index(fields=("is_banned", "ban_until"), name="traship_banned"),
            models.Index(fields=("-count_404",), name="traship_404"),
            models.Index(fields=("-count_sensitive",), name="traship_sensitive"),
        )
        permissions = (
            ("ban_ip", _("Can ban addresses")),
            ("unban_ip", _("Can lift bans")),
            ("view_stats", _("Can see the statistics")),
        )

    def __str__(self) -> str:
        return str(self.ip)


class FirewallActionLog(models.Model):
    """One address in one firewall action; written before the call (pending), finished after it, never deleted
    by anything but cleanup_accesslog's own switch."""

    class Action(models.TextChoices):
        BAN = "ban", _("ban")
        UNBAN = "unban", _("unban")
        CHECK = "check", _("check")

    class State(models.TextChoices):
        PENDING = "pending", _("not finished")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        # TRASHIP_FIREWALL_EXECUTE is False: the intent is noted, nothing was run
        SKIPPED = "skipped", _("not executed")

    ts = models.DateTimeField(_("time"), default=timezone.now)
    batch = models.UUIDField(_("call"), help_text=_("all addresses of one call share it"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # stays when the user is deleted; a program's name where there was no user ("unban_expired")
    actor_name = models.CharField(_("who"), max_length=150)
    action = models.CharField(_("action"), max_length=8, choices=Action.choices)
    ip = NetworkField(_("address"), unpack_ipv4=True)
    # seconds; None = permanent, or no ban
    bantime = models.PositiveIntegerField(_("seconds"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    command = models.TextField(_("command"), blank=True, default="")
    rc = models.IntegerField(_("exit code"), null=True, blank=True)
    stdout = models.TextField(_("output"), blank=True, default="")
    stderr = models.TextField(_("errors"), blank=True, default="")
    duration_ms = models.FloatField(_("duration (ms)"), null=True, blank=True)

    class Meta:
        verbose_name = _("firewall action")
        verbose_name_plural = _("firewall actions")
        ordering = ("-ts", "-id")
        indexes = (
            models.Index(fields=("-ts", "-id"), name="fwlog_ts"),
            models.Index(fields=("ip", "-ts"), name="fwlog_ip_ts"),
            models.Index(fields=("action", "-ts"), name="fwlog_action_ts"),
            models.Index(fields=("state", "-ts"), name="fwlog_state_ts"),
            models.Index(fields=("batch",), name="fwlog_batch"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.ip} {self.state}"


class Total(models.Model):
    """One counter of accesslog_metrics: it only grows, whatever cleanup_accesslog deletes."""

    name = models.CharField(_("name"), max_length=64)
    labels = models.CharField(_("labels"), max_length=128, blank=True, default="")
    value = models.PositiveBigIntegerField(_("value"), default=0)

    class Meta:
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        constraints = (models.UniqueConstraint(fields=("name", "labels"), name="total_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.labels} {self.value}"
