"""Types of events and kinds of origins, as the tables have them."""

from __future__ import annotations

from ideolab_accesslog.models import ConnmonEvent, EventDay

BAN = str(ConnmonEvent.Type.BAN)
UNBAN = str(ConnmonEvent.Type.UNBAN)
RESTORED = str(ConnmonEvent.Type.RESTORED)
SUSPECT = str(ConnmonEvent.Type.SUSPECT)
OBSERVED = str(ConnmonEvent.Type.OBSERVED)

ASN = str(EventDay.Kind.ASN)
COUNTRY = str(EventDay.Kind.COUNTRY)
NETWORK4 = str(EventDay.Kind.NETWORK4)
NETWORK6 = str(EventDay.Kind.NETWORK6)
KINDS = (ASN, COUNTRY, NETWORK4, NETWORK6)
