"use strict";
// opens what is known of a row; #of=198.51.100.7 names it, so that a link leads there
{
  const page = window.ideolabSecurity;
  const { config, words, clean, quote, findRefusal, makeDetail, makeMessage, makeAnchor } = page;
  const dialog = document.getElementById("ideolab-dialog");
  const title = document.getElementById("ideolab-dialog-title");
  const body = document.getElementById("ideolab-dialog-body");
  // what a host may need to count the requests of a network in a large table
  const PATIENCE_MS = 20000;
  // the longest text that names something: a network of IPv6
  const OF_MAX = 64;
  let isShown = false;
  let running = null;
  let opener = null;
  let heading = null;
  // the newest data of the page, and what of it the dialog was made with
  let latest = null;
  let madeWith = "";

  const readHash = () => {
    const found = /^#of=(.+)$/.exec(location.hash);
    if (!found) return null;
    try {
      return decodeURIComponent(found[1]).slice(0, OF_MAX);
    } catch {
      return null;
    }
  };

  const show = (nodes) => {
    body.replaceChildren(...nodes);
    body.scrollTop = 0;
  };
  const makeAgain = (of) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ideolab-button";
    button.textContent = words.again;
    button.addEventListener("click", () => {
      body.focus();
      load(of);
    });
    return button;
  };

  const answer = async (response, of) => {
    const refused = await findRefusal(response);
    if (refused === "refused") return makeMessage(words.detail_refused);
    if (refused) return makeMessage(words.detail_signed_out, makeAnchor(config.login + encodeURIComponent(location.hash), words.sign_in, "ideolab-button"));
    if (response.status === 404 || response.status === 400) return makeMessage(words.not_found);
    if (!response.ok) return makeMessage(words.failed, makeAgain(of));
    const detail = await response.json();
    title.textContent = clean(detail.title || of);
    return makeDetail(detail);
  };

  // what was ordered here, and the bans of the row: when they change, so does what is known
  const markOf = (of) => JSON.stringify(latest && [
    latest.ordered.map(({ id, state }) => [id, state]),
    latest.last_bans.filter((row) => row.of === of).map(({ id, state }) => [id, state]),
  ]);

  // in place: neither the scrolling nor the focus of a reader moves
  const showAgain = (nodes) => {
    const top = body.scrollTop;
    const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    body.replaceChildren(...nodes);
    body.scrollTop = top;
    if (focused !== null) {
      ([...body.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused) ?? body).focus({ preventScroll: true });
    }
  };

  const load = async (of, isAgain = false) => {
    madeWith = markOf(of);
    running?.abort();
    const asked = new AbortController();
    running = asked;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      asked.abort();
    }, PATIENCE_MS);
    if (!isAgain) {
      dialog.setAttribute("aria-busy", "true");
      show(makeMessage(words.loading));
    }
    let nodes;
    try {
      const response = await fetch(`${config.detail}&of=${encodeURIComponent(of)}`,
        { signal: asked.signal, redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } });
      if (isAgain && !response.ok) return;
      nodes = await answer(response, of);
    } catch {
      // another row was opened, or this one closed
      if (isAgain || (asked.signal.aborted && !isLate)) return;
      nodes = makeMessage(words.failed, makeAgain(of));
    } finally {
      clearTimeout(timer);
    }
    if (running !== asked) return;
    dialog.setAttribute("aria-busy", "false");
    if (isAgain) showAgain(nodes);
    else show(nodes);
  };

  page.setDialog = (data) => {
    latest = data;
    const of = isShown && dialog.getAttribute("aria-busy") === "false" ? readHash() : null;
    if (of && madeWith !== markOf(of)) load(of, true);
  };

  const open = (of) => {
    title.textContent = clean(of);
    if (!dialog.open) dialog.showModal();
    isShown = true;
    load(of);
  };

  const follow = () => {
    const of = readHash();
    if (of) open(of);
    else if (dialog.open) close();
  };

  // a row that has left the list since cannot take the focus
  const giveBack = () => {
    if (!isShown) return;
    isShown = false;
    running?.abort();
    running = null;
    if (readHash()) history.replaceState(null, "", location.pathname + location.search);
    (opener?.isConnected ? opener : heading)?.focus({ preventScroll: true });
    opener = null;
    heading = null;
  };

  // the event "close" comes later, when another row may be open
  const close = () => {
    dialog.close();
    giveBack();
  };

  document.addEventListener("click", (event) => {
    const row = event.target.closest(".ideolab-security tr[data-key]");
    const link = event.target.closest("a, button") ?? row?.querySelector("a.ideolab-of");
    if (!link?.matches("a.ideolab-of") || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // who selects a text does not want to leave it
    if (!event.target.closest("a") && String(getSelection())) return;
    const { of } = link.dataset;
    if (!of) return;
    event.preventDefault();
    opener = link;
    heading = link.closest("section").querySelector("h2");
    history.pushState(null, "", `#of=${quote(of)}`);
    link.focus({ preventScroll: true });
    open(of);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".ideolab-close")) close();
  });
  dialog.addEventListener("close", () => {
    if (!dialog.open) giveBack();
  });
  window.addEventListener("hashchange", follow);
  window.addEventListener("popstate", follow);
  follow();
}
