"use strict";
// the verdict, the cards, and how old each source is
{
  const page = window.ideolabSecurity;
  const { words, clean, number, age, setText, setRows } = page;
  const verdict = document.getElementById("ideolab-verdict");
  const cards = document.getElementById("ideolab-cards");
  const chips = document.getElementById("ideolab-chips");
  const list = document.getElementById("ideolab-sources");
  let sources = [];

  page.setVerdict = ({ level, text, reasons }) => {
    const known = Object.hasOwn(words.levels, level) ? level : "unknown";
    if (verdict.dataset.level !== known) verdict.dataset.level = known;
    setText(verdict.querySelector("[data-is=level]"), words.levels[known]);
    setText(verdict.querySelector("[data-is=text]"), clean(text));
    const wanted = reasons.map((reason) => clean(reason));
    const shown = verdict.querySelector("[data-is=reasons]");
    if (wanted.join("\n") === [...shown.children].map((one) => one.textContent).join("\n")) return;
    shown.replaceChildren(...wanted.map((reason) => {
      const item = document.createElement("li");
      item.textContent = reason;
      return item;
    }));
  };

  page.setCards = (found) => {
    setRows(cards, found.map((card) => ["card", {
      key: card.key,
      label: clean(card.label),
      word: card.state === "stale" ? words.states.stale : "",
      value: number(card.value),
      text: clean(card.text),
    }]));
    for (const [index, card] of found.entries()) cards.children[index].dataset.state = clean(card.state, 16);
  };

  page.setSources = (found) => {
    sources = found;
    const cells = found.map((source) => ({
      key: source.key,
      state: words.states[source.state] ?? clean(source.state),
      kind: words.kinds[source.state] ?? "plain",
      label: clean(source.label),
      text: clean(source.text),
    }));
    setRows(chips, cells.map((one) => ["chip", one]));
    setRows(list, cells.map((one) => ["source", one]));
  };

  // what was 3 s old when the data came is older now
  page.setAges = (elapsedS) => {
    for (const [index, { age_s: before }] of sources.entries()) {
      const text = before === null ? "" : age(before + elapsedS);
      for (const place of [chips, list]) setText(place.children[index].querySelector("[data-is=age]"), text);
    }
  };
}
