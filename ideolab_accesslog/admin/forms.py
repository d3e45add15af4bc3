"""The form of bans by hand."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.databases.text import clean
from ideolab_accesslog.networks import is_network, parse

#: addresses of one call
MOST = 1000
#: {form value: seconds}; None = permanent
TIMES = {"24h": 86400, "7d": 7 * 86400, "permanent": None}
#: characters of a reason
REASON_MAX = 255


class BanForm(forms.Form):
    """The addresses, how long they are banned, and why."""

    addresses = forms.CharField(
        label=_("Addresses"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "IPv4 or IPv6 addresses, one per line or separated by spaces; or one network or AS number, "
            "whose preview comes next"
        ),
        max_length=50 * MOST,
    )
    time = forms.ChoiceField(
        label=_("Duration"),
        choices=(("24h", _("24 hours")), ("7d", _("7 days")), ("permanent", _("permanent"))),
    )
    reason = forms.CharField(label=_("Reason"), max_length=REASON_MAX, required=False)

    def clean_addresses(self) -> list[str]:
        """Return each address once, in the notation in which it is stored."""
        words = self.cleaned_data["addresses"].replace(",", " ").split()
        if len(words) > MOST:
            raise ValidationError(_("At most %(most)d addresses at once."), params={"most": MOST})
        wrong = [word for word in words if _parse(word) is None]
        if wrong:
            shown = ", ".join(word[:60] for word in wrong[:5])
            raise ValidationError(_("Not an address: %(words)s"), params={"words": shown})
        return list(dict.fromkeys(str(_parse(word)) for word in words))

    def clean_reason(self) -> str:
        """Return the reason in one line, with single spaces."""
        return _join_words(self.cleaned_data["reason"])


def read_reason(request: HttpRequest) -> str:
    """Return the reason of a page that has no form of Django, as the tables hold it."""
    return clean(_join_words(request.POST.get("reason", "")))[:REASON_MAX]


def _join_words(text: str) -> str:
    return " ".join(text.split())


def _parse(word: str) -> object:
    """Return an address, a mapped IPv4 one as IPv4, or a customer's IPv6 /64; None for anything else."""
    try:
        found = parse(word)
    except ValueError:
        return None
    return None if is_network(found) else found
