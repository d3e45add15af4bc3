"use strict";
// the lists of the page: last bans, who was banned most, what Django saw
{
  const page = window.ideolabSecurity;
  const { words, fill, clean, number, parseTime, time, link, setText, setRows } = page;

  const find = (name) => document.querySelector(`[data-rows="${name}"]`);

  const showOrigin = ({ asn, country }, name) => {
    const network = [asn ? `AS${asn}` : "", name].filter(Boolean).join(" ");
    return clean([country, network].filter(Boolean).join(" · "));
  };

  const showUntil = ({ permanent, until }, now) => {
    if (permanent) return words.permanent;
    const shown = time(until, now);
    return shown ? fill(words.until, { time: shown }) : "";
  };

  const makeBan = (row, now) => ({
    key: row.id,
    of: clean(row.of),
    href: link(row.of),
    ts: clean(row.ts),
    time: time(row.ts, now),
    state: words.states[row.state] ?? clean(row.state),
    kind: words.kinds[row.state] ?? "plain",
    until: showUntil(row, now),
    jail: row.who ? fill(words.by, { who: clean(row.who) }) : clean(row.jail),
    restored: row.type === "restored" ? words.restored : "",
    reason: clean(row.reason),
    origin: showOrigin(row, row.asname),
  });

  const nameTop = (row) => {
    if (!("share" in row)) return [row.of, showOrigin(row, row.name)];
    if ("asn" in row) return [row.name || `AS${row.asn}`, `AS${row.asn}`];
    return [row.name || row.country, row.country];
  };

  const makeTop = (row) => {
    const [name, below] = nameTop(row).map((text) => clean(text));
    return {
      key: row.of || row.asn || row.country,
      of: row.of ? clean(row.of) : null,
      href: link(row.of),
      name,
      below: below === name ? "" : below,
      count: number(row.bans),
      percent: Math.round(100 * (row.share ?? 0)),
    };
  };

  const templateOf = (row) => {
    if (!("share" in row)) return "top";
    return row.of ? "bar" : "plain";
  };

  // an empty list of what cannot be seen is no list without rows
  const sayNothing = (names, isUnknown) => {
    for (const name of names) {
      setText(find(name).closest("section").querySelector(".ideolab-none"), isUnknown ? words.unknown : words.nothing);
    }
  };

  page.setTables = (data) => {
    const now = parseTime(data.now);
    // what was ordered here stands above, until an event of fail2ban tells it
    setRows(find("bans"), [...data.ordered, ...data.last_bans].map((row) => ["bans", makeBan(row, now)]));
    for (const name of ["asns", "countries", "networks4", "networks6"]) {
      setRows(find(name), data[name].map((row) => [templateOf(row), makeTop(row)]));
    }
    setRows(find("bursts"), data.site.bursts.map((row) => ["bursts", {
      key: row.of,
      of: clean(row.of),
      href: link(row.of),
      path: clean(row.path),
      count: number(row.count),
      ts: clean(row.last),
      time: time(row.last, now),
    }]));
    setRows(find("sensitive"), data.site.sensitive.map((row) => ["sensitive", {
      key: clean(row.path),
      path: clean(row.path),
      count: number(row.count),
      addresses: number(row.addresses),
    }]));
    setText(document.querySelector("[data-is=site]"), clean(data.site.text));
    setText(document.querySelector("[data-is=origins]"), clean(data.origins?.text));
    const events = data.sources.find(({ key }) => key === "events");
    sayNothing(["bans", "asns", "countries", "networks4", "networks6"], events?.state !== "ok");
    sayNothing(["bursts", "sensitive"], data.site.state === "unknown");
  };
}
