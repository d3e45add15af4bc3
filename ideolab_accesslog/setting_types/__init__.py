"""What a setting may be: its words in the docs, how a value is read, and the way out where it cannot be.

Nothing here raises: a value that nobody understands costs itself, and what remains of the setting counts.
"""

from ideolab_accesslog.setting_types.amounts import AUTO_SWITCH as AUTO_SWITCH
from ideolab_accesslog.setting_types.amounts import COUNT as COUNT
from ideolab_accesslog.setting_types.amounts import COUNT_S as COUNT_S
from ideolab_accesslog.setting_types.amounts import PART as PART
from ideolab_accesslog.setting_types.amounts import POSITIVE as POSITIVE
from ideolab_accesslog.setting_types.amounts import SIZE as SIZE
from ideolab_accesslog.setting_types.amounts import SWITCH as SWITCH
from ideolab_accesslog.setting_types.lists import NETWORKS as NETWORKS
from ideolab_accesslog.setting_types.lists import PROXIES as PROXIES
from ideolab_accesslog.setting_types.lists import TEXTS as TEXTS
from ideolab_accesslog.setting_types.lists import TEXTS_BY_WORD as TEXTS_BY_WORD
from ideolab_accesslog.setting_types.lists import WHOLE_NUMBERS as WHOLE_NUMBERS
from ideolab_accesslog.setting_types.lists import WORDS as WORDS
from ideolab_accesslog.setting_types.reading import UNDERSTOOD as UNDERSTOOD
from ideolab_accesslog.setting_types.reading import Reading as Reading
from ideolab_accesslog.setting_types.reading import SettingFault as SettingFault
from ideolab_accesslog.setting_types.reading import SettingType as SettingType
from ideolab_accesslog.setting_types.reading import show as show
from ideolab_accesslog.setting_types.texts import CACHE_ALIAS as CACHE_ALIAS
from ideolab_accesslog.setting_types.texts import DATABASE_ALIAS as DATABASE_ALIAS
from ideolab_accesslog.setting_types.texts import HEADER as HEADER
from ideolab_accesslog.setting_types.texts import OPTIONAL_PATH as OPTIONAL_PATH
from ideolab_accesslog.setting_types.texts import PATH as PATH
from ideolab_accesslog.setting_types.texts import TEXT as TEXT
from ideolab_accesslog.setting_types.texts import choice as choice
