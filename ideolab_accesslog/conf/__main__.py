"""`python -m ideolab_accesslog.conf` prints all settings as one Markdown table."""

from __future__ import annotations

from ideolab_accesslog.conf.markdown import reference

if __name__ == "__main__":
    print("\n".join(reference()))
