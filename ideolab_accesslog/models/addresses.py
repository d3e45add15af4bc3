"""The addresses that scanned, with the ban wanted for them, and their newest offences."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.models.current import CurrentManager
from ideolab_accesslog.models.network_field import NetworkField


class TrashIP(models.Model):
    """One address that scanned, or a network or AS that somebody banned.

    `is_banned` and `ban_until` are the intent; `iptables_applied` is what the firewall last confirmed.
    """

    class Reason(models.TextChoices):
        BURST_404 = "404_burst", _("many pages that do not exist")
        SENSITIVE_PATH = "sensitive_path", _("a sensitive path")
        CROSS_SITE = "cross_site", _("what another site's page or link asked for")
        CRAWLER = "crawler", _("a verified crawler")
        MANUAL = "manual", _("added by hand")

    # IPv6: the /64; a row for a single address is of an earlier version, or a ban that somebody typed, as are
    # other networks and AS numbers
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

    objects = CurrentManager()

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


class OffenceLog(models.Model):
    """One offence; of each address the newest ones, each different page once within the window. Written by
    access/offences.py, which keeps the table small; shown to whom may see TrashIP."""

    ts = models.DateTimeField(_("time"), default=timezone.now)
    # what the client is counted by, as TrashIP.ip
    ip = NetworkField(_("address"), unpack_ipv4=True)
    client_ip = models.GenericIPAddressField(_("client"), null=True, blank=True, unpack_ipv4=True)
    reason = models.CharField(_("reason"), max_length=32, choices=TrashIP.Reason.choices)
    # the id of a rule of traship/rules.py; "" for a page that is missing
    rule = models.CharField(_("rule"), max_length=32, blank=True, default="")
    method = models.CharField(_("method"), max_length=16)
    # printable characters only: what the client sent else is written as \x0a, \u202e, \U0001f600
    path = models.CharField(_("path"), max_length=1024)
    status_code = models.PositiveSmallIntegerField(_("status"))
    user_agent = models.CharField(_("user agent"), max_length=512, blank=True, default="")

    objects = CurrentManager()

    class Meta:
        verbose_name = _("offence")
        verbose_name_plural = _("offences")
        ordering = ("-ts", "-id")
        default_permissions = ()
        indexes = (
            models.Index(fields=("-ts", "-id"), name="offence_ts"),
            models.Index(fields=("ip", "-ts"), name="offence_ip_ts"),
        )

    def __str__(self) -> str:
        return f"{self.ip} {self.method} {self.path} {self.status_code}"
