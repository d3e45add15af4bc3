"""The tables: requests, suspicious addresses with the ban wanted for them, and who did what."""

from ideolab_accesslog.models.actions import FirewallActionLog as FirewallActionLog
from ideolab_accesslog.models.addresses import OffenceLog as OffenceLog
from ideolab_accesslog.models.addresses import TrashIP as TrashIP
from ideolab_accesslog.models.current import CurrentManager as CurrentManager
from ideolab_accesslog.models.events import ConnmonEvent as ConnmonEvent
from ideolab_accesslog.models.events import EventDay as EventDay
from ideolab_accesslog.models.events import EventHour as EventHour
from ideolab_accesslog.models.events import EventMinute as EventMinute
from ideolab_accesslog.models.events import EventOffset as EventOffset
from ideolab_accesslog.models.events import Security as Security
from ideolab_accesslog.models.network_field import NetworkField as NetworkField
from ideolab_accesslog.models.requests import AccessLog as AccessLog
from ideolab_accesslog.models.requests import LoadedSpool as LoadedSpool
from ideolab_accesslog.models.totals import Total as Total
from ideolab_accesslog.models.user_field import UserField as UserField
