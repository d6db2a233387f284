// Draws a document when it is opened: gold and prediction by sentence, events below. Choosing a class or a cell leaves the
// sentences that hold such an error, and marks it there.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [ENTITY, TRIGGER, ARGUMENT] = data.layers.keys();
  const panels = [...document.querySelectorAll(".document")];
  const choices = [...document.querySelectorAll(".class, .cell")];
  const AT_ONCE = 20; // documents that a choice opens
  const LONGEST = 60; // code points of quoted words
  let chosen = null;

  const item = (row) => row && {
    start: row[0], end: row[1], label: data.labels[row[2]],
    event: row.length > 3 ? { start: row[3], end: row[4], label: data.labels[row[5]] } : null,
  };
  const errors = data.documents.map((one) => one.errors.map(([layer, kind, gold, predicted]) => ({
    layer, kind: data.kinds[kind][0], sign: data.kinds[kind][1], gold: item(gold), predicted: item(predicted),
  })));
  const css = (kind) => (kind === "missed" || kind === "spurious" ? "bad" : "warn");
  const key = (one) => `${one.start} ${one.end} ${one.label}`;

  function element(tag, name, ...content) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...content);
    return made;
  }

  // The text [from, to) with marks, which may nest and cross: where two cross, the later is closed and opened again.
  function marked(chars, marks, from, to) {
    const root = element("div", "text");
    const waiting = marks.filter((m) => m.start < to && from < m.end)
      .map((m) => ({ ...m, start: Math.max(m.start, from), end: Math.min(m.end, to) }))
      .sort((a, b) => a.start - b.start || b.end - a.end || (a.label < b.label ? -1 : 1));
    let stack = [];
    let at = from;
    const write = (until) => {
      if (until > at) (stack.at(-1)?.span ?? root).append(chars.slice(at, until).join(""));
      at = until;
    };
    const open = (mark, again) => {
      const span = element("span", `mark ${mark.css}`);
      if (!again) span.dataset.label = mark.label;
      mark.error?.drawn.push(span);
      (stack.at(-1)?.span ?? root).append(span);
      stack.push({ mark, span });
    };
    while (waiting.length || stack.length) {
      const begins = waiting.length ? waiting[0].start : Infinity;
      const ends = Math.min(...stack.map((one) => one.mark.end));
      write(Math.min(begins, ends));
      if (ends <= begins) {
        const first = stack.findIndex((one) => one.mark.end === at);
        const still = stack.slice(first).filter((one) => one.mark.end > at);
        stack = stack.slice(0, first);
        for (const one of still) open(one.mark, true);
      } else {
        open(waiting.shift(), false);
      }
    }
    write(to);
    return root;
  }

  function draw(number) {
    const panel = panels[number];
    const body = panel.querySelector("div");
    if (body.childElementCount) return;
    const one = data.documents[number];
    const chars = [...one.text]; // offsets are code points
    for (const error of errors[number]) error.drawn = [];
    const words = (start, end) => {
      const found = one.unplaced[start] ?? chars.slice(start, end).join("");
      return [...found].length > LONGEST ? `${[...found].slice(0, LONGEST - 1).join("")}…` : found;
    };
    const [gold, predicted] = sides(one, errors[number]);
    const rows = eventRows(one, errors[number], words);
    one.sentences.forEach(([start, end], n) => {
      const next = one.sentences[n + 1]?.[0] ?? Infinity;
      const inside = (m) => m.start < end && start < m.end;
      const differs = [...gold, ...predicted].some((m) => m.error && inside(m));
      const here = rows.filter((row) => (n === 0 || row.start >= start) && row.start < next);
      const wrong = differs || here.some((row) => row.wrong);
      const left = marked(chars, gold, start, end);
      const pair = element("div", differs ? "pair" : "pair one", left);
      if (differs) {
        const right = marked(chars, predicted, start, end);
        [left.dataset.side, right.dataset.side] = ["gold", "predicted"];
        pair.append(right);
      }
      const sentence = element("div", wrong ? "sentence" : "sentence fine", pair);
      if (here.length) sentence.append(element("ul", "events", ...here.map((row) => row.line)));
      body.append(sentence);
    });
    const nowhere = errors[number].filter((e) => e.layer === ENTITY && e.predicted && one.unplaced[e.predicted.start]);
    if (nowhere.length) {
      const line = element("li", "", ...nowhere.flatMap((e) => [chip(e, words), " "]));
      const note = element("p", "note", "Quoted, and not found in the text:");
      body.append(element("div", "sentence", note, element("ul", "events", line)));
    }
    mark(number);
  }

  // Mentions and triggers in gold's text and in the prediction's.
  function sides(one, found) {
    const right = [ENTITY, TRIGGER].flatMap((layer) => one.right[layer].map(item)
      .map((i) => ({ ...i, css: `right ${data.layers[layer]}` })));
    const wrong = (side) => found.filter((e) => e.layer !== ARGUMENT && e[side]).map((error) => ({
      ...error[side], error, label: `${error.sign}\u00a0${error[side].label}`,
      css: `${css(error.kind)} ${data.layers[error.layer]}`,
    }));
    return [[...right, ...wrong("gold")], [...right, ...wrong("predicted")]];
  }

  // The events of both sides with their arguments; a predicted event that is paired with one of gold joins its row.
  function eventRows(one, found, words) {
    const rows = new Map();
    const home = new Map();
    const add = (trigger, head, wrong) => {
      const line = element("li", "", head);
      rows.set(key(trigger), { start: trigger.start, end: trigger.end, line, wrong });
    };
    for (const right of one.right[TRIGGER].map(item)) {
      add(right, element("span", "head right", `✓ ${right.label} “${words(right.start, right.end)}”`), false);
    }
    for (const error of found.filter((e) => e.layer === TRIGGER)) {
      const shown = error.gold || error.predicted;
      if (error.predicted) home.set(key(error.predicted), key(shown));
      const less = instead(error, words);
      const text = `${error.sign} ${shown.label} “${words(shown.start, shown.end)}”${less}`;
      const head = element("span", `head ${css(error.kind)}`, text);
      error.drawn.push(head);
      add(shown, head, true);
    }
    for (const right of one.right[ARGUMENT].map(item)) {
      const role = element("b", "", right.label);
      const made = element("span", "chip right", "✓ ", role, ` ${words(right.start, right.end)}`);
      rows.get(key(right.event)).line.append(" ", made);
    }
    for (const error of found.filter((e) => e.layer === ARGUMENT)) {
      const event = key((error.gold || error.predicted).event);
      const row = rows.get(error.gold ? event : home.get(event) ?? event);
      row.line.append(" ", chip(error, words));
      row.wrong = true;
    }
    return [...rows.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  }

  function chip(error, words) {
    const shown = error.gold || error.predicted;
    const text = ` ${words(shown.start, shown.end)}${instead(error, words)}`;
    const made = element("span", `chip ${css(error.kind)}`, `${error.sign} `, element("b", "", shown.label), text);
    error.drawn.push(made);
    return made;
  }

  // What the prediction has where it differs from gold: another label, other words, another event.
  function instead({ gold, predicted }, words) {
    if (!gold || !predicted) return "";
    const parts = predicted.label === gold.label ? [] : [predicted.label];
    if (predicted.start !== gold.start || predicted.end !== gold.end) {
      parts.push(`“${words(predicted.start, predicted.end)}”`);
    }
    if (gold.event && key(gold.event) !== key(predicted.event)) {
      parts.push(`of ${predicted.event.label} “${words(predicted.event.start, predicted.event.end)}”`);
    }
    return ` → ${parts.join(" ")}`;
  }

  function fits(error) {
    const { layer, kind, gold, predicted } = chosen.dataset;
    if (data.layers[error.layer] !== layer) return false;
    if (kind) return error.kind === kind;
    return (error.gold?.label ?? "") === gold && (error.predicted?.label ?? "") === predicted;
  }

  // Show in a drawn document what is chosen.
  function mark(number) {
    const panel = panels[number];
    for (const one of panel.querySelectorAll(".hit")) one.classList.remove("hit");
    if (!chosen) return;
    for (const error of errors[number].filter(fits)) {
      for (const one of error.drawn ?? []) {
        one.classList.add("hit");
        one.closest(".sentence").classList.add("hit");
      }
    }
  }

  const before = new Map();
  function choose(button) {
    chosen = button === chosen ? null : button;
    for (const one of choices) one.setAttribute("aria-pressed", String(one === chosen));
    document.body.classList.toggle("filtered", Boolean(chosen));
    document.getElementById("all").hidden = !chosen;
    let hits = 0;
    let total = 0;
    panels.forEach((panel, number) => {
      if (!before.has(panel)) before.set(panel, panel.open);
      const found = chosen ? errors[number].filter(fits).length : 0;
      total += found;
      panel.classList.toggle("hit", found > 0);
      if (found) hits += 1;
      panel.open = chosen ? found > 0 && hits <= AT_ONCE : before.get(panel);
      if (panel.open) draw(number);
      mark(number);
    });
    if (!chosen) before.clear();
    const { kind, gold, predicted } = chosen?.dataset ?? {};
    const name = kind ? chosen.querySelector(".name").textContent : `${gold || "nothing"} taken for ${predicted || "nothing"}`;
    document.getElementById("chosen").textContent = chosen ? `${name}: ${total} in ${hits} of ${panels.length} documents` : "";
    panels.find((panel) => panel.classList.contains("hit"))?.scrollIntoView({ block: "start" });
  }

  panels.forEach((panel, number) => {
    panel.addEventListener("toggle", () => panel.open && draw(number));
    if (panel.open) draw(number);
  });
  for (const one of choices) one.addEventListener("click", () => choose(one));
  document.getElementById("all").addEventListener("click", () => choose(chosen));
})();
