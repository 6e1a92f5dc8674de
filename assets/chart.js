// Draws the table of each figure[data-chart] with uPlot, which is only fetched on pages that have one. The table stays
// what it is: it can be opened below the drawing, and it is what a screen reader reads. Colours come from the page's own
// variables and change with its scheme.

const figures = [];

const text = (cell) => cell.textContent.trim();
const number = (cell) => (cell.dataset.v === "" ? null : Number(cell.dataset.v));

/** [xs, series, series...] of a figure's table, oldest first. */
function read(figure) {
  const rows = [...figure.querySelectorAll("tbody tr")]
    .map((tr) => ({ x: Number(tr.dataset.x), label: text(tr.cells[0]), cells: [...tr.cells].slice(1) }))
    .sort((a, b) => a.x - b.x);
  const names = [...figure.querySelectorAll("thead th")].slice(1).map(text);
  const data = [rows.map((r) => r.x), ...names.map((_, i) => rows.map((r) => number(r.cells[i])))];
  const links = rows.map((r) => r.cells[0]?.querySelector("a")?.href ?? null);
  return { names, data, links, labels: rows.map((r) => r.label) };
}

/** "0:2:3 1:4:5": of a series, which others are the edges of its band. */
const bandsOf = (figure) => (figure.dataset.bands || "").split(" ").filter(Boolean)
  .map((b) => b.split(":").map(Number));

function colours(figure) {
  const style = getComputedStyle(figure);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), graphite: of("--graphite"), rule: of("--rule"),
    lines: [of("--accent"), of("--ink"), of("--graphite"), of("--graphite")],
    washes: [of("--chart-wash-a"), of("--chart-wash-b")], font: `13px ${style.fontFamily}` };
}

// Steps of an axis of hours: from two days on its labels are days, so its steps are whole ones.
const hours = [0.1, 0.2, 0.5, 1, 2, 3, 6, 12, ...[1, 2, 5, 7, 14, 28, 70, 140, 350, 700].map((days) => days * 24)];

// Nobody is half a letter: counts go up in whole steps.
const wholes = [...Array(10).keys()].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));
const YEAR_S = 366 * 86400;

// Colour is never the only cue: each line has its own dashes.
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

function unitText(figure, v) {
  if (v === null) return "–";
  if (figure.dataset.unit === "share") return `${Math.round(v)} %`;
  if (figure.dataset.unit === "hours") return v >= 48 ? `${Math.round(v / 2.4) / 10} d` : `${Math.round(v * 10) / 10} h`;
  return String(v);
}

/** From 0, so that twice as high is twice as much; of followers only what changes is told. */
function room(figure, min, max) {
  if (figure.id !== "followers") return [0, Math.max(max || 0, 1) * 1.08];
  const over = Math.max(1, ((max || 0) - (min || 0)) * 0.1);
  return [Math.max(0, Math.floor((min || 0) - over)), Math.ceil((max || 0) + over)];
}

function options(uPlot, figure, told, width) {
  const c = colours(figure);
  const bands = bandsOf(figure);
  const edges = new Set(bands.flatMap(([, low, high]) => [low, high]));
  const steps = figure.dataset.chart === "steps" ? uPlot.paths.stepped({ align: 1 }) : undefined;
  const share = figure.dataset.unit === "share";
  const days = figure.dataset.x === "days";
  const axis = { stroke: c.graphite, font: c.font, grid: { stroke: c.rule, width: 1 }, ticks: { stroke: c.rule, width: 1 } };
  const [first, last] = [told.data[0][0], told.data[0].at(-1)];
  const day = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"),
    { ...(!days && last - first > YEAR_S ? { year: "numeric" } : { day: "numeric" }), month: "short", timeZone: "UTC" });
  const few = told.data[0].length < 40;
  return {
    width, height: width < 500 ? 220 : 300, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "UTC"),
    scales: { x: { time: !days }, y: { range: share ? [0, 100] : (u, min, max) => room(figure, min, max) } },
    axes: [
      { ...axis, values: (u, at) => at.map((v) => (days ? String(v) : day.format(v * 1000))), space: 70 },
      { ...axis, values: (u, at) => at.map((v) => unitText(figure, v)),
        size: (u, texts) => Math.max(60, 20 + 8 * Math.max(0, ...(texts ?? []).map((t) => t.length))),
        ...(figure.dataset.unit === "hours" && { incrs: hours }), ...(figure.dataset.unit === "count" && { incrs: wholes }) },
    ],
    series: [{}, ...told.names.map((name, i) => ({
      label: name, spanGaps: figure.dataset.unit === "count", paths: steps, points: { show: few && !edges.has(i), size: 5 },
      stroke: edges.has(i) ? "transparent" : c.lines[i % c.lines.length],
      width: edges.has(i) ? 0 : 2, dash: dashes[i % dashes.length],
    }))],
    bands: bands.map(([of, low, high], i) => ({ series: [high + 1, low + 1], fill: c.washes[i % c.washes.length] })),
  };
}

/** The names of the lines, drawn as they are, and the numbers under the pointer. */
function legend(figure, told, chart) {
  const list = document.createElement("ul");
  list.className = "graph__legend";
  const edges = new Set(bandsOf(figure).flatMap(([, low, high]) => [low, high]));
  const shown = told.names.map((name, i) => {
    if (edges.has(i)) return null;
    const item = document.createElement("li");
    item.dataset.line = String(i);
    const value = document.createElement("b");
    item.append(name, " ", value);
    list.append(item);
    return value;
  });
  const when = document.createElement("li");
  list.append(when);
  chart.show = (at) => {
    when.textContent = at === null || at === undefined ? "" : told.labels[at];
    shown.forEach((value, i) => {
      if (value) value.textContent = at === null || at === undefined ? "" : unitText(figure, told.data[i + 1][at]);
    });
  };
  return list;
}

function draw(uPlot, f) {
  f.plot?.destroy();
  f.place.replaceChildren();
  const width = Math.floor(f.place.clientWidth);
  f.width = width; // before anything else: what is too narrow now is drawn once it is wide again
  if (width < 100) return;
  const o = options(uPlot, f.figure, f.told, width);
  o.hooks = { setCursor: [(u) => f.show(u.cursor.idx)] };
  f.plot = new uPlot(o, f.told.data, f.place);
  f.place.prepend(f.legend);
}

async function begin(found) {
  const { default: uPlot } = await import("./uplot.js");
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL("./uplot.css", import.meta.url).href;
  const ready = new Promise((done) => { sheet.onload = sheet.onerror = done; });
  document.head.append(sheet);
  await ready;
  for (const figure of found) {
    const f = { figure, place: figure.querySelector(".graph__plot"), told: read(figure) };
    if (f.told.data[0].length < 2) continue;
    f.legend = legend(figure, f.told, f);
    figures.push(f);
    draw(uPlot, f);
    figure.querySelector("details").open = false;
    figure.dataset.drawn = "1";
    f.place.addEventListener("click", () => {
      const to = f.told.links[f.plot?.cursor.idx ?? -1];
      if (to) location.assign(to);
    });
  }
  const again = (all) => figures.forEach((f) => {
    if (all || Math.abs(Math.floor(f.place.clientWidth) - f.width) > 1) draw(uPlot, f);
  });
  new ResizeObserver(() => again(false)).observe(document.querySelector("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => again(true));
}

export function start() {
  const found = [...document.querySelectorAll("figure[data-chart]")];
  if (found.length) begin(found).catch((problem) => console.error(problem));
}
