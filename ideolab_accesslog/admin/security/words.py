"""The words of the page that depend on its data; the scripts get them with the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

#: {level of the verdict: the word that can be read at two metres}
LEVELS = {
    "calm": _("Calm"),
    "attack": _("Under attack, handled"),
    "alarm": _("Alarm"),
    "unknown": _("Unknown"),
}
#: {state of a ban, a number or a source: its word}
STATES = {
    "active": _("active"),
    "over": _("over"),
    "lifted": _("lifted"),
    "ordered": _("ordered"),
    "failed": _("failed"),
    "noted": _("only noted"),
    "unban_ordered": _("unban ordered"),
    "unban_failed": _("unban failed"),
    "unban_noted": _("unban only noted"),
    "unknown": _("unknown"),
    "ok": _("ok"),
    "behind": _("behind"),
    "stale": _("stale"),
    "absent": _("absent"),
}
#: {state: kind of its badge in pages.css}
KINDS = {
    "active": "ban",
    "ordered": "warn",
    "failed": "bad",
    "unban_ordered": "warn",
    "unban_failed": "bad",
    "ok": "good",
    "behind": "warn",
    "stale": "warn",
    "absent": "warn",
}
#: {value of ?period=: its name}
PERIODS = {
    "1h": _("1 hour"),
    "24h": _("24 hours"),
    "7d": _("7 days"),
    "30d": _("30 days"),
}
#: what only the scripts say
SCRIPT = {
    "permanent": _("permanent"),
    "until": _("until %(time)s"),
    "restored": _("restored"),
    "by": _("by %(who)s"),
    "nothing": _("None."),
    "unknown": _("unknown"),
    "streamed": _("live"),
    "polled": _("live, asks every %(seconds)s s"),
    "paused": _("paused while the tab is hidden"),
    "retried": _("no answer, asks again in %(seconds)s s"),
    "updated": _("data of %(time)s, %(age)s old"),
    "signed_out": _("You are signed out: the numbers are those of %(time)s."),
    "refused": _("You may not see this page any more: the numbers are those of %(time)s."),
    "silent": _("The site does not answer: the numbers are those of %(time)s."),
    "seconds": _("%(n)s s"),
    "minutes": _("%(n)s min"),
    "hours": _("%(n)s h"),
    "days": _("%(n)s d"),
    "time": _("Time"),
    "not_over": _("%(time)s, not over yet"),
    "bans": _("Bans"),
    "loading": _("Reading what is known ..."),
    "failed": _("The site did not answer. Nothing is known of this now."),
    "not_found": _("The site knows no such address, network or AS."),
    "detail_signed_out": _("You are signed out. Sign in again to see this."),
    "detail_refused": _("You may not see this any more."),
    "again": _("Try again"),
    "sign_in": _("Sign in"),
    "open": _("Open its page"),
    "as_of": _("As of %(time)s"),
    "hidden": _("You may not see: %(parts)s"),
    "cut": _("There is more than is shown here."),
    "origin": _("Origin"),
    "facts": _("What is known"),
    "now": _("Now"),
    "connections": _("Connections"),
    "requests": _("Requests"),
    "logged_in": _("of them logged in"),
    "phases": _("Phases of its connections"),
    "score": _("score %(n)s"),
    "paths": _("Paths"),
    "agents": _("User agents"),
    "fingerprints": _("Fingerprints"),
    "ban_rows": _("Bans and suspects"),
    "audit": _("What was done by hand"),
}
