"""The settings ACCESSLOG_* and TRASHIP_*: one row for each, from which defaults, checks and docs are made.

`python -m ideolab_accesslog.conf` prints all of them as one Markdown table; docs/settings.md has the same
rows in three tables, which `python -m tests.docs.django_settings` writes.
"""

from ideolab_accesslog.conf.access_log import ACCESS_LOG as ACCESS_LOG
from ideolab_accesslog.conf.firewall import FIREWALL as FIREWALL
from ideolab_accesslog.conf.markdown import reference as reference
from ideolab_accesslog.conf.reading import cached as cached
from ideolab_accesslog.conf.reading import conf as conf
from ideolab_accesslog.conf.reading import drop_on_change as drop_on_change
from ideolab_accesslog.conf.reading import read as read
from ideolab_accesslog.conf.rows import DEFAULTS as DEFAULTS
from ideolab_accesslog.conf.rows import ROWS as ROWS
from ideolab_accesslog.conf.rows import SETTINGS as SETTINGS
from ideolab_accesslog.conf.scanners import SCANNERS as SCANNERS
from ideolab_accesslog.conf.setting import Setting as Setting
