// Choosing a class or a cell shows the sentences that hold such an error, and marks it there.
(() => {
  const choices = [...document.querySelectorAll(".class, .cell")];
  const items = [...document.querySelectorAll("[data-of]")];
  const documents = [...document.querySelectorAll(".document")];
  const opened = new Map();

  function fits(item, choice) {
    const [layer, kind, gold, predicted] = item.dataset.of.split("\t");
    if (layer !== choice.layer) return false;
    return "kind" in choice ? kind === choice.kind : gold === choice.gold && predicted === choice.predicted;
  }

  function choose(button) {
    const again = button && button.getAttribute("aria-pressed") === "true";
    const chosen = again ? null : button;
    for (const one of choices) one.setAttribute("aria-pressed", String(one === chosen));
    for (const one of document.querySelectorAll(".hit")) one.classList.remove("hit");
    document.body.classList.toggle("filtered", Boolean(chosen));
    document.getElementById("all").hidden = !chosen;
    if (!chosen) {
      for (const [one, open] of opened) one.open = open;
      opened.clear();
      document.getElementById("chosen").textContent = "";
      return;
    }
    for (const item of items.filter((one) => fits(one, chosen.dataset))) {
      item.classList.add("hit");
      item.closest(".sentence").classList.add("hit");
      item.closest(".document").classList.add("hit");
    }
    const hits = documents.filter((one) => one.classList.contains("hit"));
    for (const one of documents) {
      if (!opened.has(one)) opened.set(one, one.open);
      one.open = hits.indexOf(one) >= 0 && hits.indexOf(one) < 20;
    }
    const number = chosen.querySelector(".count")?.textContent ?? chosen.textContent;
    const name = chosen.querySelector(".sign")?.nextElementSibling.firstChild.textContent.trim()
      ?? `${chosen.dataset.gold || "nothing"} taken for ${chosen.dataset.predicted || "nothing"}`;
    document.getElementById("chosen").textContent = `${name}: ${number} in ${hits.length} of ${documents.length} documents`;
    hits[0]?.scrollIntoView({ block: "nearest" });
  }

  for (const one of choices) one.addEventListener("click", () => choose(one));
  document.getElementById("all").addEventListener("click", () => choose(null));
})();
