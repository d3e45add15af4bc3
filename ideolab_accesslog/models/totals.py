"""Counters that outlive the processes and the rows that they count."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.models.current import CurrentManager


class Total(models.Model):
    """One counter of accesslog_metrics: it only grows, whatever cleanup_accesslog deletes."""

    name = models.CharField(_("name"), max_length=64)
    labels = models.CharField(_("labels"), max_length=128, blank=True, default="")
    value = models.PositiveBigIntegerField(_("value"), default=0)

    objects = CurrentManager()

    class Meta:
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        constraints = (models.UniqueConstraint(fields=("name", "labels"), name="total_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.labels} {self.value}"
