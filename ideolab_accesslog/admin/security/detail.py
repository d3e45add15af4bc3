"""Everything known of one address, network or AS, as JSON."""

from __future__ import annotations

from typing import Any, Optional

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.admin.search import is_partial, match_network
from ideolab_accesslog.admin.security.buttons import find_buttons
from ideolab_accesslog.admin.security.json_view import make_error
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.dashboard.detail.whole import read_detail
from ideolab_accesslog.dashboard.kept import to_plain
from ideolab_accesslog.networks import Wanted, parse, parse_wanted

#: characters of a wrong `of` that the answer repeats
WORDS_MAX = 60


def send_detail(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """Send what is known of ?of=; the permission to see the page was checked by make_json_view."""
    text = request.GET.get("of", "")
    try:
        wanted = parse_wanted(text)
    except ValueError:
        words = {"words": to_printable(text, WORDS_MAX)}
        said = _("%(words)s is no address, no network from /16 or /32 on, and no AS number.") % words
        return make_error("no-target", said, 400)
    found = read_detail(
        DetailTarget(wanted, match_network, is_partial),
        lambda name: bool(request.user.has_perm(f"ideolab_accesslog.{name}")),
    )
    request.current_app = model_admin.admin_site.name
    url = _find_page(model_admin, request, wanted)
    return JsonResponse({**to_plain(found), "url": url, "buttons": find_buttons(request, wanted)})


def _find_page(model_admin: Any, request: HttpRequest, wanted: Wanted) -> Optional[str]:
    """Return the admin's page of an address; None for who may not see it, and for what has none."""
    if not request.user.has_perm("ideolab_accesslog.view_traship"):
        return None
    try:
        text = str(parse(str(wanted)))
    except ValueError:
        return None
    name = "admin:ideolab_accesslog_traship_address"
    return str(reverse(name, args=[text], current_app=model_admin.admin_site.name))
