// Keeps the board as it is: cards move to their stage, figures grow. The page reads without it.
const board = document.querySelector("#board");
const pulse = document.querySelector("#pulse");
const stream = new EventSource(`/live?after=${board.dataset.position}`);

stream.addEventListener("open", () => say("Live", true));
stream.addEventListener("error", () => say("Connection lost, trying again", false));
stream.addEventListener("card", (event) => place(JSON.parse(event.data)));
stream.addEventListener("figures", (event) => show(JSON.parse(event.data)));
addEventListener("pagehide", () => stream.close());

function say(text, on) {
  if (pulse.textContent === text) return;
  pulse.textContent = text;
  pulse.classList.toggle("on", on);
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function place(card) {
  const known = board.querySelector(`[data-campaign="${CSS.escape(card.id)}"]`);
  const focused = known?.contains(document.activeElement);
  const item = known ?? element("li");
  item.dataset.campaign = card.id;
  item.className = "fresh";
  const link = element("a");
  link.href = `/campaigns/${encodeURIComponent(card.id)}`;
  link.append(element("strong", card.name), element("span", card.advertiser), element("span", card.budget, "figure"));
  item.replaceChildren(link);
  const list = board.querySelector(`[data-stage="${card.stage}"] ul`);
  if (item.parentElement !== list) list.prepend(item);
  if (focused) link.focus();
  for (const column of board.querySelectorAll(".column")) {
    const cards = column.querySelectorAll("li").length;
    column.querySelector(".count").textContent = cards;
    column.classList.toggle("empty", cards === 0);
  }
}

function show(figures) {
  document.querySelector("#unreachable").hidden = figures.reachable;
  if (!figures.reachable) return;
  const tiles = document.querySelector("#tiles");
  for (const tile of figures.tiles) {
    let shown = tiles.querySelector(`[data-tile="${tile.key}"]`);
    if (!shown) {
      shown = element("div", undefined, "tile");
      shown.dataset.tile = tile.key;
      shown.append(element("dt", tile.label), element("dd", "", "value"), element("dd", "", "note"));
      tiles.append(shown);
    }
    write(shown.querySelector(".value"), tile.value);
    write(shown.querySelector(".note"), tile.note);
  }
  bars(document.querySelector("#funnel"), figures.funnel);
  bars(document.querySelector("#rejected"), figures.rejected);
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function bars(place, items) {
  const before = JSON.stringify(items);
  if (place.dataset.shown === before) return;
  place.dataset.shown = before;
  if (items.length === 0) return place.replaceChildren(element("p", place.dataset.empty, "soft"));
  const list = element("ul", undefined, "bars");
  for (const item of items) {
    const row = element("li");
    row.append(element("span", item.label), drawn(item.share), element("span", item.count, "figure"));
    list.append(row);
  }
  place.replaceChildren(list);
}

function drawn(share) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, width] of [["track", 100], ["fill", share]]) {
    const rect = document.createElementNS(svg.namespaceURI, "rect");
    for (const [key, value] of Object.entries({ class: name, width: `${width}%`, height: "100%", rx: 3 })) rect.setAttribute(key, value);
    svg.append(rect);
  }
  return svg;
}
