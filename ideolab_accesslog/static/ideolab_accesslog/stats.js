"use strict";
// draws the bans and unbans a day; the table below the chart holds the same numbers
{
  const data = JSON.parse(document.getElementById("ideolab-days").textContent);
  const canvas = document.getElementById("ideolab-chart");
  let chart = null;

  const colour = (name, fallback) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;

  const draw = () => {
    if (chart) chart.destroy();
    const text = colour("--body-fg", "#333");
    const grid = colour("--hairline-color", "#e8e8e8");
    const axis = { ticks: { color: text }, grid: { color: grid } };
    const bars = (label, values, name, fallback) =>
      ({ label, data: values, backgroundColor: colour(name, fallback) });
    chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: data.days,
        datasets: [
          bars(data.labels.bans, data.bans, "--delete-button-bg", "#ba2121"),
          bars(data.labels.unbans, data.unbans, "--secondary", "#417690"),
        ],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { labels: { color: text } } },
        scales: { x: axis, y: { ...axis, beginAtZero: true, ticks: { color: text, precision: 0 } } },
      },
    });
  };

  draw();
  // the admin's own switch changes this attribute; "auto" follows the system
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
