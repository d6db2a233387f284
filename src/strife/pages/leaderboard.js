// Sort by a column, filter by words, open a system's types.
(() => {
  const board = document.querySelector(".board");
  const bodies = () => [...board.tBodies];
  const heads = [...board.querySelectorAll("th button[data-key]")];

  function value(body, key) {
    const text = body.getAttribute(`data-${key.replace("+", "-plus").replaceAll("_", "-")}`);
    return key === "system" ? text : text === "" ? null : Number(text);
  }

  function sort(button) {
    const head = button.closest("th");
    const key = button.dataset.key;
    const first = key === "system" || key === "parameters" ? "ascending" : "descending";
    const second = first === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? second : first;
    for (const one of heads) one.closest("th").removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const sorted = bodies().sort((a, b) => {
      const [x, y] = [value(a, key), value(b, key)];
      if (x === null || y === null) return (x === null) - (y === null); // not stated: always last
      return sign * (x < y ? -1 : x > y ? 1 : 0) || (a.dataset.system < b.dataset.system ? -1 : 1);
    });
    board.append(...sorted);
  }

  function filter(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const body of bodies()) {
      const fits = wanted.every((word) => body.dataset.text.includes(word));
      body.hidden = !fits;
      shown += fits;
      for (const row of document.querySelectorAll(".plot g")) {
        if (row.dataset.system === body.dataset.system) row.classList.toggle("off", !fits);
      }
    }
    document.getElementById("shown").textContent = `${shown} of ${bodies().length} systems`;
  }

  for (const button of heads) button.addEventListener("click", () => sort(button));
  document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
  for (const button of board.querySelectorAll(".toggle")) {
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
    });
  }
})();
