"use strict";

// ---- data and small tools ---------------------------------------------------------------------------------

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const nodes = new Map(data.nodes.map((n) => [n.id, n]));
const loops = new Map(data.loops.map((l) => [l.id, l]));
const into = groupBy(data.edges, (e) => e.to);
const outOf = groupBy(data.edges, (e) => e.from);

function groupBy(items, keyOf) {
  const found = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(item);
  }
  return found;
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function drawn(tag, attributes, text) {
  const made = document.createElementNS(document.querySelector("svg.graph").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// the numbers that JSON does not have come as texts
const ODD = { nan: NaN, inf: Infinity, "-inf": -Infinity };

function number(x) {
  if (typeof x === "number") return x;
  return typeof x === "string" && x in ODD ? ODD[x] : undefined;
}

function digits(x, count = 6) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-4 || size >= 1e7)
    ? x.toExponential(count - 2).replace(/\.?0+e/, "e").replace("e+", "e")
    : String(Number(x.toPrecision(count)));
  return text.replace("-", "−");
}

function shown(x, long = false) {
  if (x === undefined) return "";
  const plain = number(x);
  if (plain !== undefined) return digits(plain, long ? 12 : 6);
  if (typeof x === "object") return long ? x.long : x.short;
  return String(x);
}

// ---- where in the loops -----------------------------------------------------------------------------------

const chosen = new Map(); // by loop: the indices of its own and the outer loops, as a key

function prefix(key, depth) {
  return key.split(",").slice(0, depth).join(",");
}

function iterations(loop) {
  const outer = loop.outer.length ? chosen.get(loop.outer[loop.outer.length - 1]) : "";
  return loop.at.filter((key) => prefix(key, loop.outer.length) === outer);
}

function settleLoops() {
  for (const loop of data.loops) {
    const known = iterations(loop);
    if (known.includes(chosen.get(loop.id))) continue;
    const whole = known.filter((key) => loop.carried.every((id) => key in nodes.get(id).values));
    chosen.set(loop.id, (whole.length ? whole : known).at(-1));
  }
}

function place(node) {
  return node.loops.length ? chosen.get(node.loops[node.loops.length - 1]) ?? "none" : "";
}

// The places of the other end of an edge that one end is joined to.
function targetsFrom(edge, key) {
  return Object.keys(nodes.get(edge.to).values).filter((to) => sourceAt(edge, to) === key);
}

function sourceAt(edge, to) {
  const depth = nodes.get(edge.from).loops.length;
  if (edge.kind === "carry" || edge.kind === "leave") {
    const own = nodes.get(edge.from).values;
    const loop = nodes.get(edge.from).loops.at(-1);
    const outer = prefix(to, depth - 1);
    const known = loops.get(loop).at.filter((k) => k in own && prefix(k, depth - 1) === outer);
    if (edge.kind === "leave") return known.at(-1);
    const all = loops.get(loop).at;
    const before = all[all.indexOf(to) - 1];
    return known.includes(before) ? before : undefined;
  }
  if (edge.kind === "enter" && !(to in edge.partials)) return undefined;
  return prefix(to, depth);
}

// ---- the sources ------------------------------------------------------------------------------------------

const lineElements = [];

function fillSources() {
  for (const part of data.primal) {
    const box = element("div", { class: "part" });
    if (data.primal.length > 1) box.append(element("h3", {}, part.title));
    part.lines.forEach((line) => box.append(sourceLine(line, "function")));
    $("primal").append(box);
  }
  const box = element("div", { class: "part" });
  data.derivative.forEach((line) => box.append(sourceLine(line, "derivative")));
  $("derivative").append(box);
  const known = new Set(lineElements.filter((l) => l.side === "function").flatMap((l) => l.keys));
  const used = new Set(lineElements.filter((l) => l.side === "derivative").flatMap((l) => l.keys));
  for (const node of data.nodes) if (node.key) used.add(node.key);
  for (const line of lineElements) {
    line.keys = line.keys.filter((k) => (line.side === "function" ? used : known).has(k));
  }
  for (const side of ["function", "derivative"]) {
    const linked = lineElements.filter((l) => l.side === side && l.keys.length);
    linked.forEach((line, k) => makeLinked(line, linked, k));
  }
  $("derived-note").textContent = data.summed ? `of the sum of ${data.outputs.join(" and ") || "what the function returns"}` : `by ${data.by.join(", ")}`;
}

function sourceLine(line, side) {
  const text = element("span", { class: "text" });
  text.innerHTML = line.html || " ";
  const row = element("div", { class: "line" }, element("span", { class: "at", "aria-hidden": "true" }, String(line.number)), text);
  lineElements.push({ element: row, keys: line.keys, side });
  return row;
}

function makeLinked(line, all, k) {
  const row = line.element;
  row.tabIndex = k === 0 ? 0 : -1;
  row.dataset.keys = line.keys.join(" ");
  row.addEventListener("mouseenter", () => light(line.keys));
  row.addEventListener("mouseleave", () => light([]));
  row.addEventListener("focus", () => light(line.keys));
  row.addEventListener("blur", () => light([]));
  row.addEventListener("keydown", (event) => {
    const to = { ArrowDown: k + 1, ArrowUp: k - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    row.tabIndex = -1;
    all[to].element.tabIndex = 0;
    all[to].element.focus();
  });
}

function light(keys, id) {
  const lit = new Set(keys);
  for (const line of lineElements) line.element.classList.toggle("lit", line.keys.some((k) => lit.has(k)));
  for (const box of boxes) {
    const node = nodes.get(box.id);
    box.element.classList.toggle("lit", id === undefined ? lit.has(node.key) : box.id === id);
  }
  bringIntoView(keys.length ? $("primal") : null);
  bringIntoView(keys.length ? $("derivative") : null);
}

// Scrolls a pane of source, and nothing around it, to the first line that is lit, if none can be seen.
function bringIntoView(pane) {
  if (!pane || pane.matches(":hover") || pane.contains(document.activeElement)) return;
  const lit = [...pane.querySelectorAll(".lit")];
  if (!lit.length) return;
  const top = pane.scrollTop, bottom = top + pane.clientHeight;
  const at = (row) => row.offsetTop - pane.offsetTop;
  if (lit.some((row) => at(row) >= top && at(row) + row.offsetHeight <= bottom)) return;
  pane.scrollTop = at(lit[0]) - pane.clientHeight / 3;
}

// ---- the graph --------------------------------------------------------------------------------------------

const boxes = [...document.querySelectorAll("[data-node], [data-same]")].map((e) => ({
  element: e, id: Number(e.dataset.node ?? e.dataset.same), own: "node" in e.dataset,
})).filter((box) => nodes.has(box.id));
const edgeElements = [...document.querySelectorAll(".edge")].map((e) => ({
  element: e,
  edge: data.edges.find((x) => String(x.from) === e.dataset.from && String(x.to) === e.dataset.to),
}));

const visible = new Set(boxes.filter((b) => b.own).map((b) => b.id));
const order = data.nodes.filter((n) => visible.has(n.id));
const steps = [
  ...order.map((node) => ({ backwards: false, node })),
  ...order.filter((n) => n.active).reverse().map((node) => ({ backwards: true, node })),
];
const reached = new Map(); // by node: the steps that compute its value and its adjoint
steps.forEach((s, k) => {
  const found = reached.get(s.node.id) ?? {};
  found[s.backwards ? "adjoint" : "value"] = k;
  reached.set(s.node.id, found);
});
let done = steps.length; // how many steps have been taken
let direction = 0;

function wireGraph() {
  for (const box of boxes) {
    const node = nodes.get(box.id);
    const keys = node.key ? [node.key] : [];
    box.element.addEventListener("mouseenter", () => light(keys, box.id));
    box.element.addEventListener("mouseleave", () => light([]));
    if (!box.own) continue;
    box.element.addEventListener("focus", () => light(keys, box.id));
    box.element.addEventListener("blur", () => light([]));
    const select = () => {
      const at = reached.get(box.id);
      const backwards = steps[done - 1]?.backwards && at.adjoint !== undefined;
      go((backwards ? at.adjoint : at.value) + 1);
    };
    box.element.addEventListener("click", select);
    box.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      select();
    });
  }
}

function paintGraph() {
  const now = steps[done - 1];
  for (const box of boxes) {
    const node = nodes.get(box.id), at = place(node), steps_ = reached.get(box.id) ?? {};
    const current = box.own && now?.node === node;
    box.element.classList.toggle("now", current);
    box.element.classList.toggle("backwards", current && now.backwards);
    box.element.classList.toggle("skipped", !(at in node.values));
    if (!box.own) continue;
    const forward = steps_.value < done, backward = steps_.adjoint < done;
    write(box.element, "value", forward ? node.values[at] : undefined);
    write(box.element, "tangent", forward ? tangent(node, at) : undefined);
    write(box.element, "adjoint", backward ? adjoint(node, at) : undefined);
  }
  for (const { element: drawing, edge } of edgeElements) {
    const active = Boolean(now && edge && (now.backwards ? edge.from : edge.to) === now.node.id && joined(edge, now));
    drawing.classList.toggle("active", active);
    drawing.classList.toggle("backwards", active && now.backwards);
    const label = drawing.querySelector(".partial");
    if (!label) continue;
    const partial = edge && edge.kind === "rule" ? partialAt(edge, now) : undefined;
    label.textContent = partial !== undefined && (active || edgeElements.length <= 16) ? `×${shown(partial)}` : "";
  }
}

function joined(edge, step) {
  const key = place(step.node);
  return step.backwards ? targetsFrom(edge, key).length > 0 : sourceAt(edge, key) !== undefined && key in step.node.values;
}

function partialAt(edge) {
  return edge.partials[place(nodes.get(edge.to))];
}

function tangent(node, key) {
  if (!node.active || !(key in node.values)) return undefined;
  return node.tangents[direction]?.[key] ?? 0;
}

function adjoint(node, key) {
  if (!node.active || !(key in node.values)) return undefined;
  return node.adjoints[key] ?? 0;
}

function write(box, kind, x) {
  const text = box.querySelector(`.number.${kind}`);
  if (text) text.textContent = shown(x);
}

// ---- the step ---------------------------------------------------------------------------------------------

function paintDetail() {
  const body = $("detail-body");
  body.replaceChildren();
  const step = steps[done - 1];
  $("where").textContent = step
    ? `${done} of ${steps.length}, ${step.backwards ? "backwards" : "forwards"}`
    : `0 of ${steps.length}`;
  if (!step) {
    $("detail-title").textContent = "Start";
    body.append(element("p", {}, "Nothing has been computed. The first steps go forwards: each box gets its value and its tangent. Then the steps go backwards, from the result to the inputs, and each box gets its adjoint."));
    return;
  }
  const node = step.node, key = place(node);
  $("detail-title").textContent = `${step.backwards ? "Backwards" : "Forwards"}: ${node.name}`;
  body.append(element("p", { class: "what" }, node.text ? `${node.name} = ${node.text}` : `${node.name}: ${describe(node)}`));
  if (!(key in node.values)) {
    body.append(element("p", {}, "This was not computed in the iteration that is shown."));
    return;
  }
  body.append(step.backwards ? adjointList(node, key) : valueList(node, key));
  const rows = step.backwards ? contributions(node, key) : movements(node, key);
  if (rows.length) body.append(element("ul", { class: "sum" }, ...rows));
}

function describe(node) {
  if (node.kind === "input") return `an input, ${node.type}`;
  if (node.kind === "index") return "the index of the loop";
  if (node.kind === "carried") return "from the iteration before";
  return node.loops.length ? "what the branch hands on" : "what is handed on from a loop or a branch";
}

function pair(name, kind, x) {
  return [element("dt", {}, name), element("dd", { class: kind }, shown(x, true))];
}

function valueList(node, key) {
  const list = element("dl", {}, ...pair("value", "value", node.values[key]));
  if (node.active) list.append(...pair("tangent", "tangent", tangent(node, key)));
  return list;
}

function adjointList(node, key) {
  return element("dl", {}, ...pair("value", "value", node.values[key]), ...pair("adjoint", "adjoint", adjoint(node, key)));
}

// What the operands add to a tangent.
function movements(node, key) {
  if (!node.active) return [];
  if (node.kind === "input") {
    const along = data.directions[direction];
    return along ? [element("li", {}, `The tangent is seeded: the direction is ${along}.`)] : [];
  }
  const rows = [];
  for (const edge of into.get(node.id) ?? []) {
    const from = nodes.get(edge.from), at = sourceAt(edge, key);
    if (!edge.pushforward || at === undefined || !(at in from.values)) continue;
    rows.push(row(edge.pushforward, [[tangent(from, at), edge.partials[key]]], "carry" === edge.kind ? "from the iteration before" : ""));
  }
  return rows;
}

// What the readers of a value add to its adjoint.
function contributions(node, key) {
  const rows = data.results.includes(node.id) ? [element("li", {}, "The result: its adjoint is seeded with 1.")] : [];
  for (const edge of outOf.get(node.id) ?? []) {
    const to = nodes.get(edge.to), places = targetsFrom(edge, key);
    if (!edge.pullback || !places.length) continue;
    const many = to.loops.length > node.loops.length && edge.kind !== "enter";
    const note = many ? `summed over ${places.length} iterations` : edge.kind === "carry" ? "from the iteration after" : "";
    rows.push(row(edge.pullback, places.map((p) => [adjoint(to, p), edge.partials[p]]), note));
  }
  return rows;
}

function row(rule, factors, note) {
  const made = element("li", {}, element("code", { class: "rule" }, `+ ${rule}`));
  const plain = factors.map((pair) => pair.map(number));
  if (plain.every((pair) => pair.every((x) => x !== undefined))) {
    const total = plain.reduce((sum, [x, y]) => sum + x * y, 0);
    const product = plain.length === 1 ? `${digits(plain[0][0])} × ${digits(plain[0][1])} = ` : "= ";
    made.append(element("span", { class: "worth" }, product + digits(total)));
  }
  if (note) made.append(element("span", { class: "worth" }, ` (${note})`));
  return made;
}

function go(to) {
  done = Math.max(0, Math.min(steps.length, to));
  $("step").value = done;
  $("first").disabled = $("back").disabled = done === 0;
  $("last").disabled = $("next").disabled = done === steps.length;
  paint();
}

function paint() {
  paintResult();
  paintGraph();
  paintDetail();
}

function wireSteps() {
  $("step").max = steps.length;
  $("step").addEventListener("input", () => go(Number($("step").value)));
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(done - 1));
  $("next").addEventListener("click", () => go(done + 1));
  $("last").addEventListener("click", () => go(steps.length));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select")) return;
    const to = { ArrowLeft: done - 1, ArrowRight: done + 1, Home: 0, End: steps.length }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  data.directions.forEach((name, k) => $("direction").append(element("option", { value: String(k) }, name)));
  $("direction-field").hidden = data.directions.length < 2;
  $("direction").addEventListener("change", () => {
    direction = Number($("direction").value);
    paint();
  });
}

function wireLoops() {
  settleLoops();
  for (const loop of data.loops) {
    const slider = element("input", { type: "range", min: "0", "data-loop": String(loop.id) });
    const output = element("output");
    const show = () => {
      const known = iterations(loop);
      slider.max = Math.max(known.length - 1, 0);
      slider.value = known.indexOf(chosen.get(loop.id));
      const key = chosen.get(loop.id);
      const left = loop.count > loop.at.length ? `, ${loop.at.length} of ${loop.count} are kept` : "";
      output.textContent = key === undefined ? "no iteration" : `index ${key.split(",").at(-1)}, ${known.indexOf(key) + 1} of ${known.length}${left}`;
    };
    loop.show = show;
    slider.addEventListener("input", () => {
      chosen.set(loop.id, iterations(loop)[Number(slider.value)]);
      settleLoops();
      for (const other of data.loops) other.show();
      paint();
    });
    $("loops").append(element("label", {}, element("code", {}, loop.title), slider, output));
  }
  for (const loop of data.loops) loop.show();
}

// ---- the function in the browser --------------------------------------------------------------------------

const lib = {
  power: (x, y) => Math.pow(x, y),
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  log: (x, base) => (base === undefined ? Math.log(x) : Math.log(x) / Math.log(base)),
  where: (test, x, y) => (test ? x : y),
  exp2: (x) => Math.pow(2, x),
  logaddexp: (x, y) => Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))),
  inverse: (x) => (x !== 0 ? 1 / x : Infinity),
  inverse_or_zero: (x) => (x !== 0 ? 1 / x : 0),
  ratio: (x, y) => (y !== 0 ? x / y : 0),
  sign: (x) => (Number.isNaN(x) ? x : Math.sign(x)),
  log_or_zero: (x) => (x !== 0 ? Math.log(x) : 0),
  share: (x, y, s) => (Number.isFinite(s) ? Math.exp(x - s) : x !== s ? 0 : x === y ? 0.5 : 1),
  power_less: (x, y, k) => (x === 0 && y < k ? (y >= 0 && Number.isInteger(y) ? 0 : Infinity) : Math.pow(x, y - k)),
};

// Values, partial derivatives, tangents and adjoints at another point, as the compiled derivative has them.
function evaluate(point) {
  const v = [];
  for (const node of data.nodes) {
    const name = Object.keys(data.inputs).find((n) => data.inputs[n] === node.id);
    v[node.id] = node.kind !== "input" ? live.nodes[node.id](v) : point[name] ?? number(node.values[""]);
    if (node.kind !== "input" && typeof v[node.id] === "boolean") node.values[""] = v[node.id] ? "True" : "False";
    else if (point[name] !== undefined || node.kind !== "input") node.values[""] = v[node.id];
  }
  for (const edge of data.edges) {
    const partial = live.edges[`${edge.from},${edge.to}`];
    if (partial) edge.partials[""] = partial(v);
  }
  data.directions.forEach((name, k) => {
    for (const node of data.nodes) {
      if (!node.active) continue;
      node.tangents[k][""] = node.kind === "input" ? Number(data.inputs[name] === node.id) : sum(into.get(node.id), (e) => number(nodes.get(e.from).tangents[k][""] ?? 0) * e.partials[""]);
    }
  });
  for (const node of [...data.nodes].reverse()) {
    if (!node.active) continue;
    const seed = data.results.includes(node.id) ? 1 : 0;
    node.adjoints[""] = seed + sum(outOf.get(node.id), (e) => number(nodes.get(e.to).adjoints[""] ?? 0) * e.partials[""]);
  }
}

function sum(edges, term) {
  return (edges ?? []).filter((e) => e.kind === "rule").reduce((total, e) => total + term(e), 0);
}

// ---- the plot ---------------------------------------------------------------------------------------------

const plot = data.plot;
const point = {}; // where the sliders are
const WIDTH = 380, HEIGHT = 290, LEFT = 52, RIGHT = 14, TOP = 12, BOTTOM = 30;

function scale(low, high, from, to) {
  const map = (x) => from + ((x - low) / (high - low)) * (to - from);
  map.back = (p) => low + ((p - from) / (to - from)) * (high - low);
  return Object.assign(map, { low, high });
}

function ticks(low, high, count = 5) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const found = [];
  for (let x = Math.ceil(low / step) * step; x <= high + step * 1e-9; x += step) found.push(Math.abs(x) < step * 1e-9 ? 0 : x);
  return found;
}

// The range of most of the values: a pole must not flatten all the rest.
function rangeOf(values) {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!known.length) return [-1, 1];
  const at = (q) => known[Math.round(q * (known.length - 1))];
  let [low, high] = [known[0], known.at(-1)];
  const spread = at(0.9) - at(0.1);
  if (spread > 0 && high - low > 12 * spread) [low, high] = [Math.max(low, at(0.1) - 2 * spread), Math.min(high, at(0.9) + 2 * spread)];
  const margin = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low - margin, high + margin];
}

function axes(svg, x, y, names) {
  for (const t of ticks(x.low, x.high)) {
    svg.append(drawn("line", { class: "axis", x1: x(t), x2: x(t), y1: TOP, y2: HEIGHT - BOTTOM }));
    svg.append(drawn("text", { x: x(t), y: HEIGHT - BOTTOM + 14, "text-anchor": "middle" }, digits(t, 4)));
  }
  for (const t of ticks(y.low, y.high)) {
    svg.append(drawn("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(t), y2: y(t) }));
    svg.append(drawn("text", { x: LEFT - 6, y: y(t) + 4, "text-anchor": "end" }, digits(t, 4)));
  }
  svg.append(drawn("text", { x: WIDTH - RIGHT, y: HEIGHT - 3, "text-anchor": "end" }, names[0]));
  svg.append(drawn("text", { x: 6, y: TOP + 2 }, names[1]));
}

// The value and the slopes at the sliders: computed, or those of the nearest sample.
function atPoint() {
  if (live) {
    const result = nodes.get(data.results[0]);
    return { value: number(result.values[""]), slopes: plot.names.map((n) => number(nodes.get(data.inputs[n]).adjoints[""])) };
  }
  const k = plot.names.map((n, i) => nearest(plot.axes[i], point[n]));
  const index = k.length === 1 ? k[0] : k[1] * plot.axes[0].length + k[0];
  return { value: plot.values[index], slopes: plot.slopes.map((s) => s[index]) };
}

function nearest(axis, x) {
  const at = Math.round((x - axis[0]) / (axis[1] - axis[0]) / data.stride) * data.stride;
  return Math.max(0, Math.min(axis.length - 1, at));
}

// The numbers of the graph at a sample; none where the function has no value.
function showMoment(moment) {
  for (const node of data.nodes) {
    [node.values, node.adjoints, node.tangents] = moment?.nodes[node.id] ?? [{}, {}, data.directions.map(() => ({}))];
  }
  data.edges.forEach((edge, k) => { edge.partials = moment?.edges[k] ?? {}; });
  data.loops.forEach((loop, k) => Object.assign(loop, moment?.loops[k] ?? { at: [], count: 0 }));
  settleLoops();
  for (const loop of data.loops) loop.show();
}

function makePlot() {
  if (!plot || plot.names.some((n) => !(n in data.inputs))) return;
  plot.values = plot.values.map(number);
  plot.slopes = plot.slopes.map((s) => s.map(number));
  $("plot").hidden = false;
  const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Plot of ${data.name}` });
  $("plot-picture").append(svg);
  $("sliders").append(element("div", { id: "readout", "aria-live": "polite" }));
  const update = plot.names.length === 1 ? curve(svg) : field(svg);
  const sliders = plot.names.map((name, i) => slider(name, plot.axes[i], move));
  function move(moved) {
    Object.assign(point, moved);
    plot.names.forEach((n, i) => {
      if (!live) point[n] = plot.axes[i][nearest(plot.axes[i], point[n])];
      point[n] = Math.max(plot.axes[i][0], Math.min(plot.axes[i].at(-1), point[n]));
      sliders[i](point[n]);
    });
    if (live) evaluate(point);
    if (data.moments) showMoment(data.moments[nearest(plot.axes[0], point[plot.names[0]]) / data.stride]);
    const here = atPoint();
    update(here);
    paint();
    summary(here);
  }
  drag(svg, move);
  plot.names.forEach((n) => { point[n] = number(nodes.get(data.inputs[n]).values[""]); });
  plot.names.forEach((n, i) => sliders[i](point[n]));
  const here = atPoint();
  update(here);
  summary(here);
  $("plot-title").textContent = plot.names.length === 1 ? "Function and tangent" : "Contours and gradient";
  $("plot-note").textContent = live || data.moments ? "" : "The plot moves over samples; the graph keeps the numbers of the point above.";
}

function slider(name, axis, move) {
  const steps_ = live ? 400 : (axis.length - 1) / data.stride;
  const input = element("input", { type: "range", min: String(axis[0]), max: String(axis.at(-1)), step: live ? "any" : String((axis.at(-1) - axis[0]) / steps_), "data-input": name, "aria-label": name });
  const output = element("output");
  input.addEventListener("input", () => move({ [name]: Number(input.value) }));
  input.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    move({ [name]: point[name] + (way * (axis.at(-1) - axis[0])) / Math.min(steps_, 200) });
  });
  $("sliders").append(element("label", {}, element("code", {}, name), input, output));
  return (x) => {
    input.value = String(x);
    output.textContent = digits(x, 5);
  };
}

function summary(here) {
  const names = plot.names.map((n) => `${n}=${digits(point[n], 5)}`).join(", ");
  const slopes = plot.names.map((n, i) => `∂/∂${n} = ${digits(here.slopes[i], 7)}`).join(",  ");
  $("readout").replaceChildren(element("div", {}, `${data.name}(${names}) = ${digits(here.value, 7)}`), element("div", {}, plot.names.length === 1 ? `slope ${digits(here.slopes[0], 7)}` : slopes));
}

function curve(svg) {
  const [xs] = plot.axes;
  const x = scale(xs[0], xs.at(-1), LEFT, WIDTH - RIGHT);
  const y = scale(...rangeOf(plot.values), HEIGHT - BOTTOM, TOP);
  plot.x = x;
  axes(svg, x, y, [plot.names[0], data.name]);
  svg.append(clip());
  const group = drawn("g", { "clip-path": "url(#inside)" });
  let path = "", open = false;
  plot.values.forEach((value, k) => {
    const known = Number.isFinite(value);
    if (known) path += `${open && !jump(k) ? "L" : "M"}${x(xs[k]).toFixed(1)} ${clamp(y(value)).toFixed(1)}`;
    open = known;
  });
  const line = drawn("line", { class: "tangent" }), dot = drawn("circle", { class: "point", r: 6 });
  group.append(drawn("path", { class: "curve", d: path }), line);
  svg.append(group, dot);
  return ({ value, slopes }) => {
    const at = point[plot.names[0]], known = Number.isFinite(value) && Number.isFinite(slopes[0]);
    line.style.display = dot.style.display = known ? "" : "none";
    if (!known) return;
    const height = (t) => clamp(y(value + slopes[0] * (t - at)));
    Object.entries({ x1: x(x.low), y1: height(x.low), x2: x(x.high), y2: height(x.high) }).forEach(([k, p]) => line.setAttribute(k, p));
    dot.setAttribute("cx", x(at));
    dot.setAttribute("cy", Math.max(TOP, Math.min(HEIGHT - BOTTOM, y(value))));
  };
}

// Whether a curve leaps between a sample and the one before: by far more than the slopes on both sides tell.
function jump(k) {
  const [xs] = plot.axes, [slopes] = plot.slopes, step = xs[k] - xs[k - 1];
  const told = step * Math.max(Math.abs(slopes[k - 1]), Math.abs(slopes[k]));
  const [low, high] = rangeOf(plot.values);
  return Math.abs(plot.values[k] - plot.values[k - 1]) > 6 * told + 0.05 * (high - low);
}

// far outside of the picture is as good as further away
function clamp(p) {
  return Math.max(-1e5, Math.min(1e5, p));
}

function clip() {
  const made = drawn("clipPath", { id: "inside" });
  made.append(drawn("rect", { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }));
  return made;
}

function field(svg) {
  const [xs, ys] = plot.axes;
  const x = scale(xs[0], xs.at(-1), LEFT, WIDTH - RIGHT), y = scale(ys[0], ys.at(-1), HEIGHT - BOTTOM, TOP);
  plot.x = x;
  plot.y = y;
  axes(svg, x, y, plot.names);
  const levels = levelsOf(plot.values);
  levels.forEach((level, k) => {
    const d = contour(xs, ys, plot.values, level).map(([a, b, c, e]) => `M${x(a).toFixed(1)} ${y(b).toFixed(1)}L${x(c).toFixed(1)} ${y(e).toFixed(1)}`).join("");
    svg.append(drawn("path", { class: "contour", d, opacity: 0.25 + (0.65 * k) / Math.max(levels.length - 1, 1) }));
  });
  const arrow = drawn("g", { class: "arrow" }), dot = drawn("circle", { class: "point", r: 6 });
  svg.append(arrow, dot);
  return ({ slopes }) => {
    const px = x(point[plot.names[0]]), py = y(point[plot.names[1]]);
    dot.setAttribute("cx", px);
    dot.setAttribute("cy", py);
    arrow.replaceChildren();
    // the direction of steepest ascent, as it is in the coordinates of the picture's axes
    const dx = slopes[0] * ((x(1) - x(0)) || 1), dy = slopes[1] * ((y(1) - y(0)) || 1), size = Math.hypot(dx, dy);
    if (!Number.isFinite(size) || size === 0) return;
    const ex = px + (dx / size) * 46, ey = py + (dy / size) * 46, ux = dx / size, uy = dy / size;
    arrow.append(drawn("line", { x1: px, y1: py, x2: ex, y2: ey }));
    arrow.append(drawn("path", { d: `M${ex + 6 * ux} ${ey + 6 * uy}L${ex - 4 * uy} ${ey + 4 * ux}L${ex + 4 * uy} ${ey - 4 * ux}Z` }));
  };
}

// Levels that have as many samples between them, so that valleys show as well as slopes.
function levelsOf(values) {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  const found = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((q) => known[Math.floor(q * (known.length - 1))]);
  return [...new Set(found)].filter((level) => level !== undefined);
}

// Segments of a contour line, two triangles to a cell.
function contour(xs, ys, values, level) {
  const found = [], at = (i, j) => [xs[i], ys[j], values[j * xs.length + i]];
  const cross = ([ax, ay, a], [bx, by, b]) => {
    const t = (level - a) / (b - a);
    return [ax + t * (bx - ax), ay + t * (by - ay)];
  };
  for (let j = 0; j + 1 < ys.length; j += 1) {
    for (let i = 0; i + 1 < xs.length; i += 1) {
      const [p, q, r, s] = [at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1)];
      for (const corners of [[p, q, r], [s, q, r]]) {
        if (!corners.every((c) => Number.isFinite(c[2]))) continue;
        const ends = [[0, 1], [1, 2], [2, 0]].filter(([a, b]) => corners[a][2] < level !== corners[b][2] < level).map(([a, b]) => cross(corners[a], corners[b]));
        if (ends.length === 2) found.push([...ends[0], ...ends[1]]);
      }
    }
  }
  return found;
}

function drag(svg, move) {
  const follow = (event) => {
    const box = svg.getBoundingClientRect(), ratio = WIDTH / box.width;
    const moved = { [plot.names[0]]: plot.x.back((event.clientX - box.left) * ratio) };
    if (plot.names.length === 2) moved[plot.names[1]] = plot.y.back((event.clientY - box.top) * ratio);
    move(moved);
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    follow(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) follow(event);
  });
}

// ---- the page ---------------------------------------------------------------------------------------------

function wireTheme() {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const set = (dark) => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    $("theme").textContent = dark ? "Light" : "Dark";
    $("theme").setAttribute("aria-pressed", String(dark));
    $("theme").setAttribute("aria-label", `Use the ${dark ? "light" : "dark"} theme`);
  };
  set(system.matches);
  system.addEventListener("change", () => set(system.matches));
  $("theme").addEventListener("click", () => set(document.documentElement.dataset.theme !== "dark"));
}

function paintResult() {
  if (Object.keys(point).length) {
    const shownAt = data.arguments.map(([name, text]) => `${name}=${name in point ? digits(point[name], 5) : text}`);
    document.querySelector("h1").textContent = `${data.name}(${shownAt.join(", ")})`;
  }
  $("result").replaceChildren();
  const parts = data.results.map((id) => shown(nodes.get(id).values[place(nodes.get(id))]));
  $("result").append(data.outputs.length ? `after the call, ${data.outputs.join(" and ")}: ` : "returns ", element("b", {}, parts.join(", ") || "what does not depend on its arguments"));
}

wireTheme();
fillSources();
wireGraph();
wireLoops();
wireSteps();
makePlot();
go(steps.length);
