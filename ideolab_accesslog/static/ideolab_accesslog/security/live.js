"use strict";
// asks for new data, by a stream or again and again; says how old the data is and when none comes
{
  const page = window.ideolabSecurity;
  const { config, words, fill, time, parseTime, age, setText } = page;
  const root = document.querySelector(".ideolab-security");
  const live = root.querySelector("[data-is=live]");
  const fresh = root.querySelector("[data-is=fresh]");
  const signIn = root.querySelector("[data-is=sign-in]");
  // after this the numbers are not those of now
  const SILENT_MS = 30000;
  // of one question: a site under attack is slow, and one question at a time is enough for it
  const PATIENCE_MS = 15000;
  // between two questions to a site that does not answer
  const LONGEST_MS = 60000;
  // a stream says nothing while nothing changes: then the site is asked whether that is so
  const QUIET_MS = 15000;
  // a stream that breaks as often without a word is none
  const MOST_STREAM_FAILURES = 3;

  let data = page.read("ideolab-data");
  // by two clocks: one stands still while the computer sleeps, the other may be set back by hours
  const readClocks = () => [Date.now(), performance.now()];
  const findElapsedMs = () => Math.max(0, ...readClocks().map((now, index) => now - received[index]));
  // the page itself took as long to come as its script knows of
  let received = [Date.now() - performance.now(), 0];
  let failures = 0;
  let streamFailures = 0;
  let timer = null;
  let running = null;
  let stream = null;
  let canStream = Boolean(config.stream) && "EventSource" in window;
  // null, or the word that says why nothing more is asked
  let ended = null;
  let isOld = false;

  const draw = () => {
    page.setCards(data.cards);
    page.setTables(data);
    page.setTimeline(data);
    page.setSources(data.sources);
    page.setDialog(data);
    showVerdict();
    showAge();
  };

  const readAt = () => time(data.now, parseTime(data.now));

  // numbers that nobody confirms any more are no verdict
  const showVerdict = () => {
    if (!isOld) {
      page.setVerdict(data.verdict);
      return;
    }
    page.setVerdict({ level: "unknown", text: fill(words[ended ?? "silent"], { time: readAt() }), reasons: [] });
  };

  const showAge = () => {
    const elapsedMs = findElapsedMs();
    setText(fresh, fill(words.updated, { time: readAt(), age: age(elapsedMs / 1000) }));
    page.setAges(elapsedMs / 1000);
    const wasOld = isOld;
    isOld = ended !== null || elapsedMs > SILENT_MS;
    root.dataset.fresh = isOld ? "no" : "yes";
    if (wasOld !== isOld) showVerdict();
    if (stream && running === null && elapsedMs > QUIET_MS) ask();
  };

  const say = (state, text) => {
    root.dataset.live = state;
    setText(live, text);
  };

  const take = (found) => {
    data = found;
    received = readClocks();
    failures = 0;
    // an answer of before is no answer of now
    isOld = false;
    draw();
  };

  const end = (why) => {
    ended = why;
    stop();
    signIn.hidden = why !== "signed_out";
    say("ended", fill(words[why], { time: readAt() }));
    showAge();
    showVerdict();
  };

  const stop = () => {
    clearTimeout(timer);
    running?.abort();
    running = null;
    closeStream();
  };

  const closeStream = () => {
    stream?.close();
    stream = null;
  };

  // twice as long after each failure, and never at the same moment as all the other readers
  const findPause = () => {
    const pause = Math.min(LONGEST_MS, config.every_ms * 2 ** failures);
    return failures ? pause * (0.75 + Math.random() / 2) : pause;
  };

  const askLater = () => {
    const pause = findPause();
    const seconds = Math.round(pause / 1000);
    say(failures ? "failing" : "polled", fill(words[failures ? "retried" : "polled"], { seconds }));
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  };

  // after an answer, or none: a site that does not answer is not streamed from either
  const next = () => {
    if (stream && failures > 0) closeStream();
    if (stream) return;
    if (canStream && failures === 0) listen();
    else askLater();
  };

  const ask = async () => {
    clearTimeout(timer);
    running?.abort();
    const asked = new AbortController();
    running = asked;
    const patience = setTimeout(() => asked.abort(), PATIENCE_MS);
    try {
      const response = await fetch(config.data,
        { signal: asked.signal, redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } });
      if (running !== asked) return;
      const refused = await page.findRefusal(response);
      if (refused) return end(refused);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const found = await response.json();
      if (running !== asked) return;
      take(found);
    } catch {
      // the tab was hidden, or another question was asked
      if (running !== asked) return;
      failures += 1;
    } finally {
      clearTimeout(patience);
    }
    running = null;
    next();
  };

  const listen = () => {
    stream = new EventSource(config.stream);
    const opened = stream;
    const receive = (event) => {
      let found;
      try {
        found = JSON.parse(event.data);
      } catch {
        return;
      }
      streamFailures = 0;
      take(found);
      say("streamed", words.streamed);
    };
    opened.addEventListener("message", receive);
    opened.addEventListener("data", receive);
    // a site that streams no more, or signed the reader out, answers a question with words
    opened.addEventListener("error", () => {
      if (opened !== stream) return;
      streamFailures += 1;
      leaveStream(opened.readyState === EventSource.CLOSED || streamFailures >= MOST_STREAM_FAILURES);
    });
  };

  // not at once: a site that ends each stream after its first word would be asked without a pause
  const leaveStream = (forGood) => {
    closeStream();
    if (forGood) canStream = false;
    askLater();
  };

  const start = () => {
    if (ended !== null || document.hidden) return;
    if (canStream) listen();
    else ask();
  };

  document.addEventListener("visibilitychange", () => {
    if (ended !== null) return;
    if (document.hidden) {
      stop();
      say("paused", words.paused);
    } else {
      showAge();
      start();
    }
  });
  // a page that the browser kept is as old as when it was left
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      stop();
      showAge();
      start();
    }
  });
  window.addEventListener("pagehide", stop);

  draw();
  setInterval(showAge, 1000);
  if (canStream) {
    say("streamed", words.streamed);
    start();
  } else if (!document.hidden) {
    askLater();
  }
}
