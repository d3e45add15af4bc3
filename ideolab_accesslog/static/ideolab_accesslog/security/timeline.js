"use strict";
// bans by jail as stacked bars, and the same numbers as a table
{
  const page = window.ideolabSecurity;
  const { words, fill, clean, clock, number, parseTime, time } = page;
  const canvas = document.getElementById("ideolab-chart");
  const table = document.getElementById("ideolab-times");
  // readable on light and on dark ground, and apart from each other for those who see no red or no green
  const COLOURS = ["#3b82c4", "#d97706", "#8b5cf6", "#0f9f8f", "#d6409f", "#9a8c1f", "#64748b", "#c2553a"];
  const DAY_S = 86400;
  const colours = new Map();
  let chart = null;
  let drawn = "";

  const colourOf = (jail) => {
    if (!colours.has(jail)) colours.set(jail, COLOURS[colours.size % COLOURS.length]);
    return colours.get(jail);
  };
  const variable = (name, fallback) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;
  // what the theme gives to text here, whichever variables it has
  const textColour = () => getComputedStyle(canvas.parentElement).color;

  // a whole day begins at midnight UTC, and is the same day everywhere
  const label = (start, stepS) => {
    if (stepS >= DAY_S) return start.slice(0, 10);
    const whole = clock(parseTime(start));
    return stepS > 3600 ? whole.slice(5, 16) : whole.slice(11, 16);
  };

  // the last step is not over: a low bar would look like the end of an attack
  const notOver = (text) => fill(words.not_over, { time: text });
  const isLast = ({ chart: drawnOn, dataIndex }) => dataIndex === drawnOn.data.labels.length - 1;
  const makeData = ({ starts, step_s: stepS, series }) => ({
    labels: starts.map((start) => label(start, stepS)),
    datasets: series.map(({ jail, values }) => ({
      label: clean(jail, 64), data: values, stack: "bans",
      backgroundColor: (bar) => (isLast(bar) ? `${colourOf(jail)}55` : colourOf(jail)),
      borderColor: colourOf(jail), borderSkipped: false, borderWidth: (bar) => (isLast(bar) ? 1 : 0),
      categoryPercentage: 0.9, barPercentage: 1, maxBarThickness: 40,
    })),
  });

  // its squares have the colour of the whole bars
  const makeLegend = (drawnOn) => drawnOn.data.datasets.map(({ label: text, borderColor }, datasetIndex) => ({
    text, datasetIndex, fillStyle: borderColor, strokeStyle: borderColor, fontColor: drawn, lineWidth: 0,
    hidden: !drawnOn.isDatasetVisible(datasetIndex),
  }));

  const makeOptions = () => {
    const color = textColour();
    drawn = color;
    const grid = { color: variable("--hairline-color", "rgba(128, 128, 128, 0.3)") };
    return {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      locale: document.documentElement.lang || undefined,
      plugins: {
        legend: { labels: { color, boxWidth: 12, boxHeight: 12, generateLabels: makeLegend } },
        tooltip: { callbacks: { title: ([bar]) => (isLast(bar) ? notOver(bar.label) : bar.label) } },
      },
      scales: {
        x: { stacked: true, grid: { display: false },
          ticks: { color, autoSkip: true, autoSkipPadding: 16, maxTicksLimit: 12, maxRotation: 0 } },
        y: { stacked: true, grid, beginAtZero: true, ticks: { color, precision: 0, maxTicksLimit: 6 } },
      },
    };
  };

  const redraw = () => {
    if (!chart) return;
    chart.options = makeOptions();
    chart.update("none");
  };

  const makeCell = (name, text, scope) => {
    const cell = document.createElement(name);
    cell.textContent = text;
    if (scope) cell.scope = scope;
    else cell.className = "ideolab-count";
    return cell;
  };

  const setTable = ({ starts, series }, now) => {
    const head = [makeCell("th", words.time, "col"), ...series.map(({ jail }) => makeCell("th", clean(jail, 64), "col"))];
    table.tHead.rows[0].replaceChildren(...head);
    table.tBodies[0].replaceChildren(...starts.map((start, index) => {
      const row = document.createElement("tr");
      const when = time(start, now);
      row.append(makeCell("th", index === starts.length - 1 ? notOver(when) : when, "row"),
        ...series.map(({ values }) => makeCell("td", number(values[index]))));
      return row;
    }));
  };

  page.setTimeline = ({ timeline, now }) => {
    setTable(timeline, parseTime(now));
    if (chart) {
      chart.data = makeData(timeline);
      chart.update("none");
      return;
    }
    chart = new Chart(canvas, { type: "bar", data: makeData(timeline), options: makeOptions() });
  };

  // the switches of the admin and of its themes change one of these; "auto" follows the system
  new MutationObserver(redraw).observe(document.documentElement,
    { attributeFilter: ["data-theme", "data-bs-theme", "class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  // some themes fade: until then the text has the colour of before
  document.addEventListener("transitionend", ({ target, propertyName }) => {
    if (propertyName === "color" && target.contains(canvas) && textColour() !== drawn) redraw();
  });
}
