"use strict";
// keeps lists of the page: a row that stays is changed in place, so that focus and scrolling survive
{
  const page = window.ideolabSecurity;

  const setText = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  // {value: what it is put into}; a name that a row does not have is left alone
  const put = {
    kind: (row, value) => {
      row.querySelector(".ideolab-badge").className = `ideolab-badge ideolab-badge-${value}`;
    },
    // a row that is about nothing leads nowhere
    href: (row, value) => {
      const link = row.querySelector("a");
      if (value) link?.setAttribute("href", value);
      else link?.removeAttribute("href");
    },
    ts: (row, value) => row.querySelector("time")?.setAttribute("datetime", value),
    percent: (row, value) => {
      row.querySelector("rect")?.setAttribute("width", `${value}%`);
      const text = row.querySelector("[data-is=percent]");
      if (text) setText(text, String(value));
    },
    of: (row, value) => {
      row.querySelector("a")?.setAttribute("data-of", value ?? "");
      const text = row.querySelector("[data-is=of]");
      if (text) setText(text, value);
    },
  };

  const fillRow = (row, cells) => {
    for (const [name, value] of Object.entries(cells)) {
      if (Object.hasOwn(put, name)) {
        put[name](row, value);
      } else {
        const element = row.querySelector(`[data-is="${name}"]`);
        if (element) setText(element, value);
      }
    }
  };

  const makeRow = (template, key) => {
    const row = document.getElementById(`ideolab-row-${template}`).content.firstElementChild.cloneNode(true);
    row.dataset.key = key;
    row.dataset.template = template;
    return row;
  };

  // each of the rows is [name of its template, its cells]
  const setRows = (list, rows) => {
    const before = new Map([...list.children].map((row) => [row.dataset.key, row]));
    const focused = document.activeElement;
    let next = list.firstElementChild;
    const wanted = new Set(rows.map(([, cells]) => String(cells.key)));
    for (const [key, row] of before) {
      if (wanted.has(key)) continue;
      if (row === next) next = row.nextElementSibling;
      row.remove();
    }
    for (const [template, cells] of rows) {
      const row = before.get(String(cells.key)) ?? makeRow(template, String(cells.key));
      before.delete(String(cells.key));
      fillRow(row, cells);
      if (row === next) next = next.nextElementSibling;
      else list.insertBefore(row, next);
    }
    while (next) {
      const spare = next;
      next = next.nextElementSibling;
      spare.remove();
    }
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    const none = list.closest("section")?.querySelector(".ideolab-none");
    if (none) none.hidden = rows.length > 0;
  };

  Object.assign(page, { setText, fillRow, setRows });
}
