"""gauges: the metrics of the intake."""

from __future__ import annotations

from ideolab_f2b import __version__, metrics
from ideolab_f2b.intake import metrics as gauges


def test_the_whole_text() -> None:
    """Results that never came are there, too: a rate can be made of them."""
    text = metrics.render(
        gauges.samples({"written": 3, "collapsed": 900, "alerts": 7}, 1795359121.0)
    ).decode()

    assert (
        text
        == """\
# HELP ideolab_f2b_intake_lines_total Datagrams from nginx by what became of them.
# TYPE ideolab_f2b_intake_lines_total counter
ideolab_f2b_intake_lines_total{result="written"} 3.0
ideolab_f2b_intake_lines_total{result="collapsed"} 900.0
ideolab_f2b_intake_lines_total{result="spared"} 0.0
ideolab_f2b_intake_lines_total{result="unread"} 0.0
ideolab_f2b_intake_lines_total{result="over_budget"} 0.0
ideolab_f2b_intake_lines_total{result="lost"} 0.0
ideolab_f2b_intake_lines_total{result="malformed"} 0.0
ideolab_f2b_intake_lines_total{result="refused"} 0.0
ideolab_f2b_intake_lines_total{result="served"} 0.0
ideolab_f2b_intake_lines_total{result="summary"} 0.0
# HELP ideolab_f2b_nginx_alerts_total Times that nginx said that it has no connection or descriptor left.
# TYPE ideolab_f2b_nginx_alerts_total counter
ideolab_f2b_nginx_alerts_total 7.0
# HELP ideolab_f2b_last_success_timestamp_seconds When the job last did its work.
# TYPE ideolab_f2b_last_success_timestamp_seconds gauge
ideolab_f2b_last_success_timestamp_seconds{job="intake"} 1.795359121e+09
# HELP ideolab_f2b_build_info Always 1.
# TYPE ideolab_f2b_build_info gauge
ideolab_f2b_build_info{program="intake",version="VERSION"} 1.0
""".replace("VERSION", __version__)
    )
