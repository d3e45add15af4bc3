"""The lists and pages of the admin; Django's autodiscovery imports this package, which registers them."""

from ideolab_accesslog.admin.lists.actions import FirewallActionLogAdmin as FirewallActionLogAdmin
from ideolab_accesslog.admin.lists.addresses import TrashIPAdmin as TrashIPAdmin
from ideolab_accesslog.admin.lists.events import ConnmonEventAdmin as ConnmonEventAdmin
from ideolab_accesslog.admin.lists.evidence import EvidenceAdmin as EvidenceAdmin
from ideolab_accesslog.admin.lists.requests import AccessLogAdmin as AccessLogAdmin
from ideolab_accesslog.admin.security.site import SecurityAdmin as SecurityAdmin
