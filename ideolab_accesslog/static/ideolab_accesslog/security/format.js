"use strict";
// what the page was made with, and numbers, times and texts as admin/security/cells.py writes them
window.ideolabSecurity = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const config = read("ideolab-config");
  const language = document.documentElement.lang || undefined;
  const grouped = new Intl.NumberFormat(language);
  const DAY_MS = 86400000;
  // of a time to come: "until 21:15" at 21:37 would look like a ban that is over
  const TO_COME_MS = 43200000;

  const makeClock = (timeZone) => {
    // Swedish writes 2026-11-30 14:52:01
    const clock = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    return (when) => clock.format(when);
  };
  let clock;
  try {
    clock = makeClock(config.zone);
  } catch {
    clock = makeClock("UTC");
  }

  const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_whole, name) => values[name]);

  // a client chose many of these texts: no character of them turns the direction of writing, none is
  // invisible, and none of them fills the page
  const escape = (one) => {
    const number = one.codePointAt(0);
    return number <= 0xff ? `\\x${number.toString(16).padStart(2, "0")}` : `\\u${number.toString(16).padStart(4, "0")}`;
  };
  const clean = (value, most = config.text_max) => {
    if (value === null || value === undefined) return "";
    const text = String(value).slice(0, most);
    return text.replace(/(?! )[\p{C}\p{Z}]/gu, escape).slice(0, most);
  };

  const parseTime = (text) => {
    const when = new Date(text ?? "");
    return Number.isNaN(when.getTime()) ? null : when;
  };
  const time = (text, now) => {
    const when = parseTime(text);
    if (when === null) return "";
    const whole = clock(when);
    const isNear = now && now - when < DAY_MS && when - now < TO_COME_MS;
    return isNear ? whole.slice(11) : whole.slice(0, 16);
  };

  const number = (value) => (Number.isFinite(value) ? grouped.format(value) : config.words.unknown);

  const age = (seconds) => {
    const n = Math.max(0, Math.floor(seconds));
    if (n < 120) return fill(config.words.seconds, { n });
    if (n < 7200) return fill(config.words.minutes, { n: Math.floor(n / 60) });
    if (n < 172800) return fill(config.words.hours, { n: Math.floor(n / 3600) });
    return fill(config.words.days, { n: Math.floor(n / 86400) });
  };

  const kindOf = (of) => {
    if (of.startsWith("AS")) return "asn";
    return of.includes("/") && !of.endsWith("/64") ? "network" : "address";
  };
  const quote = (of) => encodeURIComponent(of).replaceAll("%3A", ":").replaceAll("%2F", "/");
  const link = (of) => {
    if (!of) return "";
    const pattern = config.links[kindOf(of)];
    return pattern ? pattern.replace(config.of, quote(of)) : `#of=${quote(of)}`;
  };

  // the word for who may not ask any more, or null; the admin sends who is signed out to its login page
  const findRefusal = async (response) => {
    if (response.type === "opaqueredirect" || response.status === 401) return "signed_out";
    if (response.status !== 403) return null;
    const said = await response.json().catch(() => ({}));
    return said.error === "signed-out" ? "signed_out" : "refused";
  };

  return { findRefusal, config, words: config.words, read, fill, clean, clock, parseTime, time, number, age, quote, link };
})();
