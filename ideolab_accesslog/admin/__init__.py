"""The lists and pages of the admin; Django's autodiscovery imports this package, which registers them."""

from ideolab_accesslog.admin.lists import AccessLogAdmin as AccessLogAdmin
from ideolab_accesslog.admin.lists import EvidenceAdmin as EvidenceAdmin
from ideolab_accesslog.admin.lists import FirewallActionLogAdmin as FirewallActionLogAdmin
from ideolab_accesslog.admin.lists import TrashIPAdmin as TrashIPAdmin
