"""The events of connmon_events.jsonl, their counts by hour and by day, and how far the file is read."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.models.current import CurrentManager


class ConnmonEvent(models.Model):
    """One event, as ideolab_f2b/event.py has it; written by import_connmon_events alone, never changed.

    A banned network has no `ip`, a banned AS has neither `ip` nor `subnet`.
    """

    class Type(models.TextChoices):
        SUSPECT = "suspect", _("suspect")
        OBSERVED = "observed", _("observed")
        BAN = "ban", _("ban")
        UNBAN = "unban", _("unban")
        RESTORED = "restored", _("restored")

    ts = models.DateTimeField(_("time"))
    type = models.CharField(_("type"), max_length=16, choices=Type.choices)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True, unpack_ipv4=True)
    # its /24 or /64, or the banned network
    subnet = models.CharField(_("network"), max_length=49, null=True, blank=True)
    # first address of `ip` or `subnet` as hexadecimal digits behind 4 or 6: in this order in every collation
    start = models.CharField(max_length=33, null=True, blank=True, editable=False)
    count = models.BigIntegerField(_("connections or failures"), null=True, blank=True)
    score = models.BigIntegerField(_("score"), null=True, blank=True)
    # digits only
    asn = models.CharField(_("AS number"), max_length=32, null=True, blank=True)
    asname = models.CharField(_("AS name"), max_length=255, null=True, blank=True)
    country = models.CharField(_("country"), max_length=8, null=True, blank=True)
    reason = models.TextField(_("reason"), null=True, blank=True)
    jail = models.CharField(_("jail"), max_length=64, null=True, blank=True)
    # seconds; -1 = permanent
    bantime = models.BigIntegerField(_("seconds"), null=True, blank=True)
    # None: permanent, or no ban
    until = models.DateTimeField(_("until"), null=True, blank=True)
    # the announced prefix that the address is in
    prefix = models.CharField(_("announced prefix"), max_length=49, null=True, blank=True)
    # of the container in which it was seen; None: the host
    namespace = models.CharField(_("container"), max_length=128, null=True, blank=True)
    raw = models.JSONField(_("more"), null=True, blank=True)
    # a digest of its place in the file for an event of before connmon's had ids
    event_id = models.CharField(_("id"), max_length=64, null=True, blank=True)
    created_at = models.DateTimeField(_("imported"), default=timezone.now)

    objects = CurrentManager()

    class Meta:
        verbose_name = _("event of fail2ban")
        verbose_name_plural = _("events of fail2ban")
        ordering = ("-ts", "-id")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("-ts", "-id"), name="event_ts"),
            models.Index(fields=("type", "-ts"), name="event_type_ts"),
            models.Index(fields=("asn", "-ts"), name="event_asn_ts"),
            models.Index(fields=("start", "-ts"), name="event_start_ts"),
        )
        # `unique` of the field would have PostgreSQL keep a second index, for LIKE
        constraints = (models.UniqueConstraint(fields=("event_id",), name="event_once"),)

    def __str__(self) -> str:
        return f"{self.type} {self.ip or self.subnet or self.asn} {self.jail or ''}".rstrip()


class EventOffset(models.Model):
    """How far one file of events is read; committed together with the rows."""

    # MySQL has no unique index of a longer one
    path = models.CharField(_("file"), max_length=255, unique=True)
    device = models.BigIntegerField(default=0)
    inode = models.BigIntegerField(default=0)
    position = models.BigIntegerField(_("position"), default=0)
    # digests of the first line and of what stands before `position`: a file that was truncated and has grown
    # again is another one
    head = models.CharField(max_length=64, blank=True, default="")
    # lines that were no events; they are in the reject file
    rejected = models.BigIntegerField(_("rejected lines"), default=0)
    updated_at = models.DateTimeField(_("read at"), default=timezone.now)

    objects = CurrentManager()

    class Meta:
        verbose_name = _("position in the events")
        verbose_name_plural = _("positions in the events")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.path} {self.position}"


class EventMinute(models.Model):
    """How many events of a type one jail had in a minute (UTC); kept by the import, of the last two days."""

    minute = models.DateTimeField()
    type = models.CharField(max_length=16)
    jail = models.CharField(max_length=64, blank=True, default="")
    count = models.PositiveBigIntegerField(default=0)

    objects = CurrentManager()

    class Meta:
        verbose_name = _("events of a minute")
        verbose_name_plural = _("events of a minute")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("minute", "type", "jail"), name="event_minute_once"),)

    def __str__(self) -> str:
        return f"{self.minute} {self.type} {self.jail} {self.count}"


class EventHour(models.Model):
    """How many events of a type one jail had in an hour (UTC); kept by the import."""

    hour = models.DateTimeField()
    type = models.CharField(max_length=16)
    jail = models.CharField(max_length=64, blank=True, default="")
    count = models.PositiveBigIntegerField(default=0)

    objects = CurrentManager()

    class Meta:
        verbose_name = _("events of an hour")
        verbose_name_plural = _("events of an hour")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("hour", "type", "jail"), name="event_hour_once"),)

    def __str__(self) -> str:
        return f"{self.hour} {self.type} {self.jail} {self.count}"


class EventDay(models.Model):
    """How many bans one AS, country or network had on a day (UTC); kept by the import."""

    class Kind(models.TextChoices):
        ASN = "asn", _("AS number")
        COUNTRY = "country", _("country")
        NETWORK4 = "network4", _("IPv4 network")
        NETWORK6 = "network6", _("IPv6 network")

    day = models.DateField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=64)
    # of an AS
    name = models.CharField(max_length=255, blank=True, default="")
    count = models.PositiveBigIntegerField(default=0)

    objects = CurrentManager()

    class Meta:
        verbose_name = _("bans of a day")
        verbose_name_plural = _("bans of a day")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("day", "kind", "key"), name="event_day_once"),)
        indexes = (models.Index(fields=("kind", "day", "-count"), name="event_day_top"),)

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.key} {self.count}"


class Security(ConnmonEvent):
    """The security dashboard: a line of the admin's index, and the permission to see it (view_security)."""

    class Meta:
        proxy = True
        verbose_name = _("security dashboard")
        verbose_name_plural = _("security dashboard")
        default_permissions = ("view",)
        permissions = (
            ("ban_network", _("Can ban networks")),
            ("ban_asn", _("Can ban all networks of an AS")),
        )
