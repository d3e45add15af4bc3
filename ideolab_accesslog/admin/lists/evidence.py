"""A read-only list that is quick with millions of rows; the other lists are made of it."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Optional

import django
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.admin import chosen, export
from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.lists.printable_row import make_printable
from ideolab_accesslog.admin.paginator import REACH, EstimatingPaginator
from ideolab_accesslog.admin.search import TERM_MAX, search
from ideolab_accesslog.models import NetworkField
from ideolab_accesslog.networks import parse, parse_wanted

#: more than a 64-bit column holds
_HUGE = re.compile(r"[0-9]{19}")


class EvidenceAdmin(admin.ModelAdmin):
    """A read-only list that is quick with millions of rows."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    # Django 5 would count each choice of each filter on request
    show_facets = getattr(getattr(admin, "ShowFacets", None), "NEVER", None)
    list_per_page = 50
    list_max_show_all = 200
    actions: ClassVar[Any] = ["export_csv"]
    #: whether columns of a row may change once it is there
    rows_change = True
    #: fields that are searched for words
    text_fields: tuple[str, ...] = ()
    #: {field: the column that shows it on the page of a row}
    shown_as: ClassVar[dict[str, str]] = {}

    class Media:
        css: ClassVar[Any] = {"all": ("ideolab_accesslog/pages.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: evidence is not added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: evidence is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: only cleanup_accesslog deletes evidence."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Refuse with a 400 what a database cannot compare: long or foreign texts, NUL, huge numbers."""
        text = str(value)
        if len(text) > TERM_MAX or "\0" in text or _HUGE.search(text) or not text.isascii():
            return False
        if lookup.partition("__")[0] == "ip" and not self._is_address(text):
            return False
        # Django 4.2 does not pass the request
        more = (request,) if django.VERSION >= (5, 0) else ()
        return bool(super().lookup_allowed(lookup, value, *more))

    def _is_address(self, text: str) -> bool:
        has_networks = isinstance(self.opts.get_field("ip"), NetworkField)
        try:
            found = parse_wanted(text) if has_networks else parse(text)
        except ValueError:
            return False
        # PostgreSQL takes no spaces around it
        return text == text.strip() and (has_networks or "/" not in str(found))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of the page of a row, each as the list shows it."""
        names = [name for name in super().get_fields(request, obj) if name not in self.readonly_fields]
        shown = [self.shown_as.get(name, name) for name in names]
        return list(dict.fromkeys([*shown, *self.readonly_fields]))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the columns that stand for fields too: none of them can be typed in."""
        return [*self.readonly_fields, *self.shown_as.values()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Optional[str] = None) -> Any:
        """Return the row of a number; 404 for anything else, which no message may repeat."""
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        row = super().get_object(request, object_id, from_field)
        return row if row is None else make_printable(row)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list with printable rows; actions and exports read them as they are stored."""
        shown = super().get_changelist_instance(request)
        shown.result_list = [make_printable(row) for row in shown.result_list]
        return shown

    def changelist_view(self, request: HttpRequest, extra_context: Optional[dict[str, Any]] = None) -> Any:
        """Show the list; rows are chosen by their numbers, anything else is a 400."""
        if request.POST:
            chosen.split(request)
        answer = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None) or {}
        if "cl" in context and context["cl"].result_count >= REACH:
            # "Select all 10000" would be fewer rows than an action gets
            name = {"name": self.opts.verbose_name_plural}
            context["module_name"] = gettext("%(name)s and all beyond the last page") % name
            context["selection_note_all"] = gettext("All are selected, those beyond the last page too")
        return answer

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the rows that match what was typed, and that none of them comes twice."""
        found = search(queryset, search_term, self.text_fields) if search_term.strip() else queryset
        return found, False

    @admin.display(description=_("address"), ordering="ip")
    def address(self, row: Any) -> str:
        """Return the address with a link to its page."""
        if not row.ip:
            return columns.NOTHING
        try:
            url = reverse(
                "admin:ideolab_accesslog_traship_address",
                args=[row.ip],
                current_app=self.admin_site.name,
            )
        except NoReverseMatch:
            # a site of the admin that has this list without the list of TrashIP
            return str(row.ip)
        link: str = format_html('<a class="ideolab-address" href="{}">{}</a>', url, row.ip)
        return link

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """Send the chosen rows as a file, or all that the filters in force leave, however many."""
        is_all = request.POST.get("select_across", "0") not in ("", "0")
        chosen_rows = 0 if is_all else len(request.POST.getlist(ACTION_CHECKBOX_NAME))
        name = export.name_file(str(self.opts.model_name), request.GET, chosen_rows)
        return export.export_csv(request, queryset, name, may_change=self.rows_change)
