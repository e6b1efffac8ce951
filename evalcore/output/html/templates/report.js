"use strict";
// Data comes from the JSON of this file and is drawn as text: nothing of it is ever markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50, PRINTED = 50;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const SIGNS = { right: "✓", wrong: "✗", unparsed: "∅" };
  const breakable = (text) => text.split(/(?<=_)/).flatMap((part, at) => (at ? [make("wbr"), part] : [part]));
  const counted = (n, noun) => `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;

  // --- light and dark

  const root = document.documentElement, themeButton = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let printing = false;
  const isDark = () => !printing && (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  function nameTheme() {
    themeButton.textContent = isDark() ? "Light theme" : "Dark theme";
  }
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
    drawMap();
  });
  system.addEventListener("change", () => { nameTheme(); drawMap(); });
  nameTheme();

  // --- tables that stand in the file: sorted by their heads, searched by the field above

  function compare(one, other, descending) {
    if (one === null || other === null) return (one === null) - (other === null); // what is undefined comes last
    const order = typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(other);
    return descending ? -order : order;
  }

  function sortable(heads, sort) {
    heads.forEach((head, at) => {
      const button = make("button", { type: "button", onclick: () => {
        const numbers = head.classList.contains("number");
        const was = head.getAttribute("aria-sort");
        const descending = was ? was === "ascending" : numbers; // of numbers the largest are of interest first
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sort(at, descending);
      } }, head.textContent);
      head.dataset.title = head.textContent; // a button is not printed on each page
      head.replaceChildren(button);
    });
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0], rows = [...body.rows];
    const value = (row, at) => {
      const sort = row.cells[at].dataset.sort;
      if (sort === undefined) return null;
      return sort !== "" && Number.isFinite(Number(sort)) ? Number(sort) : sort;
    };
    sortable([...table.tHead.rows[0].cells], (at, descending) => {
      body.append(...rows.slice().sort((one, other) => compare(value(one, at), value(other, at), descending)));
    });
  }
  for (const field of document.querySelectorAll("input[data-table]")) {
    const table = document.getElementById(field.dataset.table);
    const rows = [...table.tBodies[0].rows], said = document.querySelector(`[data-found="${field.dataset.table}"]`);
    const words = (row) => [...row.cells].filter((cell) => cell.matches(".text:not(.muted)")).map((cell) => cell.textContent);
    const searched = new Map(rows.map((row) => [row, words(row).join("\n").toLowerCase()]));
    field.addEventListener("input", () => {
      const needle = field.value.toLowerCase();
      let found = 0;
      for (const row of rows) {
        row.hidden = !searched.get(row).includes(needle);
        found += !row.hidden;
      }
      said.textContent = needle ? `${found} of ${counted(rows.length, "row")}` : "";
    });
  }

  // --- examples: filters, search, order, a page of rows at a time

  const examples = data.examples, place = document.getElementById("examples-table");
  const findings = new Map((data.report.findings ?? []).map((one) => [one.kind, one]));
  const chosen = new Map(); // key of a column, "finding" or "either" -> values that pass
  let needle = "", page = 0, order = null, shown = [], show = () => {}, list = () => {};

  if (place && examples?.ids.length) {
    const columns = examples.columns, column = new Map(columns.map((one) => [one.key, one]));
    const words = (one, row) => {
      const value = one.values[row];
      if (one.kind === "label") return value < 0 ? "" : examples.labels[value];
      return one.kind === "word" ? one.words[value] : String(value);
    };
    const classOf = (one) => (one.kind === "number" || one.kind === "figure" ? "number" : one.kind === "word" ? "word" : "text");
    const searched = columns.filter((one) => one.kind === "text" || one.kind === "label");
    const lower = examples.ids.map((_, row) => searched.map((one) => words(one, row)).join("\n").toLowerCase());

    function passes(row) {
      for (const [key, values] of chosen) {
        if (key === "finding") {
          if (!values.has(examples.ids[row])) return false;
        } else if (key === "either") {
          if (!values.has(column.get("a").values[row]) && !values.has(column.get("b").values[row])) return false;
        } else if (!values.has(column.get(key).values[row])) return false;
      }
      return !needle || lower[row].includes(needle.toLowerCase());
    }
    function find() {
      shown = examples.ids.map((_, row) => row).filter(passes);
      if (order) {
        const { one, descending } = order;
        const value = (row) => {
          if (one.kind === "number") return one.values[row];
          const said = words(one, row), figure = parseFloat(said);
          return said === "" ? null : one.kind === "figure" && Number.isFinite(figure) ? figure : said;
        };
        shown.sort((a, b) => compare(value(a), value(b), descending));
      }
      page = 0;
    }

    const status = make("span", { role: "status" });
    const all = make("button", { type: "button", onclick: () => { chosen.clear(); needle = ""; list(); } }, "Show all");
    const search = make("input", { type: "search", autocomplete: "off", oninput: () => { needle = search.value; find(); show(); } });
    const selects = new Map();
    for (const one of columns.filter((one) => one.kind === "label" || one.kind === "word")) {
      const values = [...new Set(one.values)].sort((a, b) => a - b);
      const name = (value) => (one.kind === "word" ? one.words[value] : value < 0 ? "∅ unparsed" : examples.labels[value]);
      const select = make("select", { onchange: () => {
        if (select.value === "") chosen.delete(one.key);
        else chosen.set(one.key, new Set([Number(select.value)]));
        find();
        show();
      } }, make("option", { value: "" }, "any"), make("option", { value: "*", hidden: true }, "several"),
        ...values.map((value) => make("option", { value }, name(value))));
      selects.set(one.key, select);
    }
    const heads = columns.map((one) => make("th", { scope: "col", class: classOf(one) }, one.title));
    const body = make("tbody");
    const table = make("table", {}, make("caption", { class: "unseen" }, "Examples"), make("thead", {}, make("tr", {}, ...heads)), body);
    const previous = make("button", { type: "button", onclick: () => { page -= 1; show(); } }, "Previous");
    const next = make("button", { type: "button", onclick: () => { page += 1; show(); } }, "Next");
    const pages = make("p", { class: "note" });
    const filters = [...selects].map(([key, select]) => make("label", {}, column.get(key).title, select));
    place.replaceChildren(
      make("div", { class: "controls" }, ...filters, make("label", {}, "find", search), all, status),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "List of examples" }, table),
      pages,
      make("div", { class: "controls" }, previous, next),
    );
    sortable(heads, (at, descending) => { order = { one: columns[at], descending }; find(); show(); });

    function label(one, row, said) {
      const code = one.values[row], actual = column.get("true").values[row];
      const outcome = one.key === "true" ? "" : code < 0 ? "unparsed" : code === actual ? "right" : "wrong";
      const signed = outcome ? make("span", { class: `outcome-${outcome}` }, `${SIGNS[outcome]} `) : "";
      return make("span", { class: "label" }, signed, ...breakable(said));
    }
    function drawn(one, row) {
      const said = words(one, row);
      if (one.kind === "label") return label(one, row, said);
      if (one.kind === "text") return make("span", { class: "whole" }, said);
      if (one.key === "outcome") return make("span", { class: `outcome-${said}` }, `${SIGNS[said]} ${said}`);
      return said;
    }
    function line(row) {
      const cells = columns.map((one, at) => {
        if (at > 0) return make("td", { class: classOf(one) }, drawn(one, row));
        const button = make("button", { type: "button", "aria-expanded": "false", title: "Show the whole texts" }, drawn(one, row));
        return make("td", { class: "number" }, button);
      });
      const made = make("tr", { "data-id": examples.ids[row] }, ...cells);
      cells[0].firstChild.addEventListener("click", () => {
        cells[0].firstChild.setAttribute("aria-expanded", made.classList.toggle("open"));
      });
      return made;
    }
    show = () => {
      const size = printing ? PRINTED : PAGE, start = page * size, end = Math.min(shown.length, start + size);
      body.replaceChildren(...shown.slice(start, end).map(line));
      if (!shown.length) body.append(make("tr", {}, make("td", { colspan: columns.length }, "There is no such example in this file.")));
      const finding = chosen.has("finding") && [...findings.values()].find((one) => one.filter === chosen.get("finding"));
      const of = finding ? `${finding.opens}: ` : "";
      status.textContent = `${of}${shown.length.toLocaleString("en-US")} of ${counted(examples.ids.length, "example")}`;
      pages.textContent = shown.length > size ? `${(start + 1).toLocaleString("en-US")} to ${end.toLocaleString("en-US")} of ${shown.length.toLocaleString("en-US")}${printing ? " are printed; the file has all of them" : ""}` : "";
      previous.disabled = page === 0;
      next.disabled = end >= shown.length;
      all.disabled = !chosen.size && !needle;
      for (const [key, select] of selects) {
        const values = [...(chosen.get(key) ?? [])];
        select.value = values.length > 1 ? "*" : values.length ? String(values[0]) : "";
      }
    };
    list = () => { search.value = needle; find(); show(); };
    list();
  }

  function open(query) {
    chosen.clear();
    needle = "";
    for (const [key, value] of new URLSearchParams(query)) {
      if (key === "finding") {
        const finding = findings.get(value);
        finding.filter ??= new Set(finding.positions);
        chosen.set(key, finding.filter);
      } else chosen.set(key, new Set(value.split(",").map(Number)));
    }
    if (!place) return;
    list();
    const title = document.getElementById("examples-title");
    title.focus({ preventScroll: true });
    title.scrollIntoView();
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens]");
    if (!link) return;
    event.preventDefault();
    open(link.dataset.opens);
  });

  // --- the heat map, drawn by Plotly: its script is packed in this file, and let run by its hash alone

  const maps = data.maps, figure = document.getElementById("map-figure");
  let view = null, unit = null, ready = false;
  // Plotly reads a few tags, and formulas between dollar signs.
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("$", "&#36;");
  const cut = (text) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

  async function unpack() {
    const packed = Uint8Array.from(atob(document.getElementById("library").textContent), (c) => c.charCodeAt(0));
    const script = make("script");
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }

  function spread(shape, xs, ys, values, keep) {
    const grid = Array.from({ length: shape.rows.length }, () => new Array(shape.columns.length).fill(null));
    values.forEach((value, at) => { if (keep(at)) grid[ys[at]][xs[at]] = value; });
    return grid;
  }

  function drawMap() {
    if (!ready) return;
    const names = Object.keys(maps.views), shape = maps.views[printing ? names[0] : view];
    const scale = shape.scales[unit] ?? Object.values(shape.scales)[0], colours = maps.themes[isDark() ? "dark" : "light"];
    const n = shape.rows.length, m = shape.columns.length, right = 92;
    const room = printing ? 690 : figure.parentElement.clientWidth;
    // On paper nothing scrolls: letters are so small that those of a row stay in it.
    const widest = Math.max(...shape.row_ticks.map((text) => text.length));
    const letters = printing ? Math.min(11, (room - 14 - right) / (m + 0.58 * widest)) : Math.max(n, m) > 60 ? 10 : 11;
    const longest = (texts) => Math.min(240, 14 + 0.58 * letters * Math.max(...texts.map((text) => text.length)));
    const left = longest(shape.row_ticks), top = longest(shape.column_ticks);
    const cell = Math.max(printing ? letters : letters + 1.5, Math.min(34, (room - left - right) / m));
    const width = left + m * cell + right, height = top + Math.max(n * cell, 140) + 8;
    const said = shape.words.map((words, at) =>
      `<b>${plain(cut(shape.rows[shape.y[at]]))}</b><br>predicted as <b>${plain(cut(shape.columns[shape.x[at]]))}</b><br>${words}`);
    const base = { type: "heatmap", hoverinfo: "text", hoverongaps: false, xgap: n > 60 ? 0.5 : 1, ygap: n > 60 ? 0.5 : 1 };
    const cells = (values, keep) => spread(shape, shape.x, shape.y, values, keep);
    const errors = {
      ...base, z: cells(scale.shade, (at) => !shape.grey[at]), text: cells(said, (at) => !shape.grey[at]),
      zmin: scale.low, zmax: scale.high, zauto: false, colorscale: shape.difference ? colours.difference : colours.scale,
      colorbar: { tickvals: scale.ticks, ticktext: scale.tick_words, thickness: 12, lenmode: "pixels", len: Math.min(220, Math.max(120, n * cell)), y: 1, yanchor: "top", outlinewidth: 0, tickfont: { size: 11 } },
    };
    const grey = { ...base, z: cells(shape.x.map(() => 1), (at) => shape.grey[at]), text: cells(said, (at) => shape.grey[at]), zmin: 0, zmax: 1, zauto: false, showscale: false, colorscale: [[0, colours.grey], [1, colours.grey]] };
    const axis = (texts, size) => ({
      tickmode: "array", tickvals: texts.map((_, at) => at), ticktext: texts.map(plain), ticks: "", showgrid: false, zeroline: false,
      minallowed: -0.5, maxallowed: size - 0.5, tickfont: { size: letters }, automargin: false,
    });
    const layout = {
      width, height, margin: { l: left, r: right, t: top, b: 8 }, dragmode: "zoom", hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: shape.difference ? colours.neutral : colours.ground,
      font: { color: colours.text, family: "system-ui, sans-serif" },
      xaxis: { ...axis(shape.column_ticks, m), side: "top", tickangle: -90, range: [-0.5, m - 0.5] },
      yaxis: { ...axis(shape.row_ticks, n), range: [n - 0.5, -0.5] },
      hoverlabel: { align: "left", font: { size: 12 } }, uirevision: `${view} ${unit} ${printing}`,
    };
    Plotly.react(figure, [grey, errors], layout, { displayModeBar: false, doubleClick: "reset", showTips: false });
    const folded = shape.rows.length < examples.labels.length ? `The ${examples.labels.length - shape.rows.length + 1} other labels are one row and one column. ` : "";
    const means = shape.difference ? "Orange: B predicts so more often; blue: A. " : `Rows: actual. Columns: predicted. Grey: right${folded ? ", and other labels" : ""}. `;
    document.getElementById("map-note").textContent = means + folded + "Log colours.";
  }

  function zoom(factor) {
    const change = {};
    for (const name of ["xaxis", "yaxis"]) {
      const [from, to] = figure.layout[name].range, middle = (from + to) / 2;
      change[`${name}.range`] = [middle + (from - middle) * factor, middle + (to - middle) * factor];
    }
    Plotly.relayout(figure, change);
  }
  function wholeMap() {
    const shape = maps.views[view];
    Plotly.relayout(figure, { "xaxis.range": [-0.5, shape.columns.length - 0.5], "yaxis.range": [shape.rows.length - 0.5, -0.5] });
  }

  function choices(names, chosenName, choose) {
    const buttons = names.map((name) => make("button", { type: "button", "aria-pressed": name === chosenName ? "true" : "false", onclick: () => {
      buttons.forEach((other) => other.setAttribute("aria-pressed", other.textContent === name ? "true" : "false"));
      choose(name);
      drawMap();
    } }, name));
    return make("span", { class: "group", role: "group" }, ...buttons);
  }

  async function startMap() {
    if (!maps?.views || !figure || typeof DecompressionStream === "undefined") return;
    try {
      await unpack();
    } catch {
      return; // the sentence stays that says where the same counts are
    }
    if (typeof Plotly === "undefined") return;
    const names = Object.keys(maps.views), units = Object.keys(maps.views[names[0]].scales);
    view = names[0];
    unit = units[0];
    const many = Math.max(...Object.values(maps.views).map((one) => Object.keys(one.scales).length)) > 1;
    const all = [...new Set(Object.values(maps.views).flatMap((one) => Object.keys(one.scales)))];
    document.getElementById("map-controls").append(
      ...(names.length > 1 ? [choices(names, view, (name) => { view = name; })] : []),
      ...(many ? [choices(all, unit, (name) => { unit = name; })] : []),
      make("button", { type: "button", onclick: () => zoom(0.6) }, "Zoom in"),
      make("button", { type: "button", onclick: () => zoom(1 / 0.6) }, "Zoom out"),
      make("button", { type: "button", onclick: wholeMap }, "Show all of it"),
    );
    document.getElementById("map").hidden = false;
    document.getElementById("map-missing").hidden = true;
    ready = true;
    drawMap();
    figure.on("plotly_click", ({ points: [point] }) => {
      const shape = maps.views[view];
      open(`true=${shape.row_codes[point.y].join(",")}&${shape.opens}=${shape.column_codes[point.x].join(",")}`);
    });
    let width = innerWidth;
    addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; drawMap(); } });
    root.dataset.ready = "true";
  }

  addEventListener("beforeprint", () => {
    printing = true;
    show();
    drawMap();
  });
  addEventListener("afterprint", () => {
    printing = false;
    show();
    drawMap();
  });
  startMap();
})();
