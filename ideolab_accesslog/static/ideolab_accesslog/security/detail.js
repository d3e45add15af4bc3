"use strict";
// everything known of one address, network or AS, as elements; texts only, never markup
{
  const page = window.ideolabSecurity;
  const { words, fill, clean, number, clock, parseTime, time, link } = page;
  // characters of a text: there is more room than in a list
  const TEXT_MAX = 2000;

  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };
  const text = (value, className = "") => {
    const element = make("bdi", className);
    element.textContent = clean(value, TEXT_MAX);
    return element;
  };

  const makeCard = (title, ...children) => make("section", "ideolab-panel", make("h3", "", title), ...children);

  // a fact may be a time, or have one in it, which the site sends as it sends all times
  const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
  const showFact = (value) => String(value).replace(TIME, (found) => {
    const when = parseTime(found);
    return when ? clock(when) : found;
  });

  const makePairs = (title, pairs) => pairs.length > 0 && makeCard(title, make("dl", "ideolab-pairs",
    ...pairs.flatMap(([label, value]) => [make("dt", "", text(label)), make("dd", "", text(showFact(value)))])));

  const makeList = (title, rows, makeItem) => rows.length > 0 && makeCard(title,
    make("ul", "ideolab-lines", ...rows.map((row) => make("li", "", ...makeItem(row).filter(Boolean)))));

  const makeTime = (value, now) => {
    const element = make("time", "", time(value, now));
    if (value) element.dateTime = clean(value);
    return element;
  };
  const badge = (word, kind = "plain") => make("span", `ideolab-badge ideolab-badge-${kind}`, clean(word));
  const count = (value) => make("b", "ideolab-times", number(value));

  // why something is unknown begins with that word in most sentences
  const sayOnce = (value, why) =>
    (why?.toLowerCase().startsWith(value.toLowerCase()) ? why : [value, why].filter(Boolean).join(" · "));

  const makeNow = ({ connections, requests }) => makePairs(words.now, [
    connections && [words.connections,
      sayOnce(number(connections.value), connections.text)],
    requests && [words.requests,
      [number(requests.count), `${number(requests.logged_in)} ${words.logged_in}`].join(" · ")],
  ].filter(Boolean));

  const makeBans = ({ bans }, now) => makeList(words.ban_rows, bans, (row) => [
    makeTime(row.ts, now), badge(words.states[row.state] ?? row.type, words.kinds[row.state] ?? "plain"),
    text(row.jail), text(row.reason, "ideolab-quiet"),
    row.until && make("span", "ideolab-quiet", fill(words.until, { time: time(row.until, now) })),
    row.permanent && make("span", "ideolab-quiet", words.permanent),
  ]);

  const makeAudit = ({ audit, of }, now) => makeList(words.audit, audit, (row) => [
    makeTime(row.ts, now), badge(row.action), row.of !== of && text(row.of), text(row.who), text(row.state),
    text(row.reason, "ideolab-quiet"), text(row.said, "ideolab-quiet"),
  ]);

  // a button goes to a page of this site and nowhere else
  const isOwn = (url) => {
    try {
      const found = new URL(url, location.href);
      return found.origin === location.origin && ["http:", "https:"].includes(found.protocol);
    } catch {
      return false;
    }
  };
  const makeLink = (url, label, className) => {
    const element = make("a", className, clean(label));
    element.href = url;
    return element;
  };

  const makeButtons = ({ buttons, url, of }) => {
    const found = buttons.filter((one) => isOwn(one.url)).map(({ action, label, url: target }) =>
      makeLink(target, label, action === "ban" ? "ideolab-button ideolab-button-ban" : "ideolab-button"));
    const own = url || link(of);
    if (own && !own.startsWith("#") && isOwn(own)) found.push(makeLink(own, words.open, "ideolab-open"));
    return found.length > 0 && make("p", "ideolab-buttons", ...found);
  };

  const makeNotes = ({ hidden, cut, now }) => make("p", "ideolab-below", [
    fill(words.as_of, { time: time(now, parseTime(now)) }),
    hidden.length > 0 ? fill(words.hidden, { parts: hidden.map((part) => clean(part)).join(", ") }) : "",
    cut ? words.cut : "",
  ].filter(Boolean).join(" · "));

  page.makeDetail = (detail) => {
    const now = parseTime(detail.now);
    const none = { phases: [], paths: [], agents: [], fingerprints: [], bans: [], audit: [], origin: [], facts: [],
      hidden: [], buttons: [], ...Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== null)) };
    return [
      makeButtons(none),
      make("div", "ideolab-parts", ...[
        makePairs(words.facts, none.facts),
        makePairs(words.origin, none.origin),
        makeNow(none),
        makeList(words.fingerprints, none.fingerprints, (one) => [text(one, "ideolab-path")]),
        makeBans(none, now),
        makeList(words.phases, none.phases, (row) => [makeTime(row.ts, now), text(row.text),
          Number.isFinite(row.score) && make("span", "ideolab-quiet", fill(words.score, { n: number(row.score) }))]),
        makeList(words.paths, none.paths, (row) => [count(row.count), text(row.path, "ideolab-path"),
          text(row.status, "ideolab-quiet"), makeTime(row.last, now)]),
        makeList(words.agents, none.agents, (row) => [count(row.count), text(row.agent)]),
        makeAudit(none, now),
      ].filter(Boolean)),
      makeNotes(none),
    ].filter(Boolean);
  };
  page.makeMessage = (said, ...actions) =>
    [make("p", "ideolab-message", said), ...actions.length ? [make("p", "ideolab-buttons", ...actions)] : []];
  page.makeAnchor = makeLink;
}
