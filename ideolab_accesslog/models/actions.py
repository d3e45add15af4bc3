"""Who banned, lifted and checked what: the audit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.models.current import CurrentManager
from ideolab_accesslog.models.network_field import NetworkField
from ideolab_accesslog.models.user_field import UserField, set_null_where_it_is

#: states whose label is another text than their name
_NAMES = (gettext_noop("pending"), gettext_noop("skipped"))


class FirewallActionLog(models.Model):
    """One address, network or AS in one firewall action.

    Written before the call (pending), finished after it; only cleanup_accesslog's own switch deletes it.
    """

    class Action(models.TextChoices):
        BAN = "ban", _("ban")
        UNBAN = "unban", _("unban")
        CHECK = "check", _("check")

    class State(models.TextChoices):
        PENDING = "pending", _("not finished")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        # TRASHIP_FIREWALL_EXECUTE is False: the intent is noted, no firewall was told
        SKIPPED = "skipped", _("not executed")
        # loopback, a trusted proxy, TRASHIP_NEVER_BAN, the address of the click: nothing was noted or run
        REFUSED = "refused", _("refused")

    ts = models.DateTimeField(_("time"), default=timezone.now)
    batch = models.UUIDField(_("call"), help_text=_("all addresses of one call share it"))
    actor = UserField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=set_null_where_it_is,
        # the app's own SQLite file has no users
        db_constraint=False,
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

    objects = CurrentManager()

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
        return f"{gettext(self.action)} {self.ip} {gettext(self.state)}"
