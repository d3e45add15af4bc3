"use strict";
// draws what the page counts by day; the table below the chart holds the same numbers
{
  const data = JSON.parse(document.getElementById("ideolab-days").textContent);
  const canvas = document.getElementById("ideolab-chart");
  const language = document.documentElement.lang || undefined;
  let chart = null;
  let drawn = "";

  // a day without a time: in UTC it is the same day everywhere
  const days = data.days.map((day) => new Date(`${day}T00:00:00Z`));
  const format = (options) => {
    const formatter = new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
    return (day) => formatter.format(day);
  };
  const short = format({ day: "numeric", month: "short" });
  const long = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });

  // the admin's own colours where the theme has them; else those that can be read on light and dark
  const colour = (name, fallback) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;
  const bars = () => ({
    main: colour("--secondary", "#417690"),
    second: colour("--accent", "#f0b429"),
    bad: colour("--delete-button-bg", "#ba2121"),
  });

  // what the theme gives to text here, whichever variables it has
  const textColour = () => getComputedStyle(canvas.parentElement).color;

  const draw = () => {
    if (chart) chart.destroy();
    const text = textColour();
    drawn = text;
    const grid = colour("--hairline-color", "rgba(128, 128, 128, 0.3)");
    const axis = { grid: { color: grid } };
    const colours = bars();
    chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: days.map(short),
        datasets: data.series.map(({ label, values, colour: name }) =>
          ({ label, data: values, backgroundColor: colours[name] })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: {
          legend: { labels: { color: text, boxWidth: 14 } },
          tooltip: { callbacks: { title: ([item]) => long(days[item.dataIndex]) } },
        },
        scales: {
          x: { ...axis, grid: { display: false },
            ticks: { color: text, autoSkip: true, autoSkipPadding: 16, maxTicksLimit: 8, maxRotation: 0 } },
          y: { ...axis, beginAtZero: true, ticks: { color: text, precision: 0, maxTicksLimit: 6 } },
        },
      },
    });
  };

  draw();
  // the switches of the admin and of its themes change one of these; "auto" follows the system
  new MutationObserver(draw).observe(document.documentElement,
    { attributeFilter: ["data-theme", "data-bs-theme", "class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // some themes fade: until then the text has the colour of before
  document.addEventListener("transitionend", ({ target, propertyName }) => {
    if (propertyName === "color" && target.contains(canvas) && textColour() !== drawn) draw();
  });
}
