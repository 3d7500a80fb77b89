// A span of the picture: drag over its columns, or Shift with an arrow key. Without this each is a link.
"use strict";
for (const svg of document.querySelectorAll("svg[data-span]")) choose(svg);

function choose(svg) {
  const figure = svg.closest("figure");
  const status = figure.querySelector(".span");
  const hint = status.textContent;
  const columns = [...svg.querySelectorAll(".hit")];
  const links = columns.map(hit => hit.closest("a")).filter(Boolean);
  const box = svg.appendChild(document.createElementNS(svg.namespaceURI, "rect"));
  let from = null, to = null; // columns, by number; the first is where it began
  let held = null, quiet = false; // where the pointer went down; the click that ends a drag is no click

  box.classList.add("chosen");
  box.setAttribute("height", columns[0].getAttribute("height"));
  status.hidden = false;
  clear();
  stop(links.at(-1));

  function ends() {
    return from < to ? [from, to] : [to, from];
  }

  function show(first, last) {
    [from, to] = [first, last];
    const [a, b] = ends();
    const width = Number(svg.dataset.width);
    box.setAttribute("x", `${a * width}%`);
    box.setAttribute("width", `${(b - a + 1) * width}%`);
    const number = columns.slice(a, b + 1).reduce((sum, each) => sum + Number(each.dataset.number), 0);
    const NUMBER = number.toLocaleString(document.documentElement.lang);
    const values = { FIRST: columns[a].dataset.name, LAST: columns[b].dataset.name, NUMBER };
    status.textContent = status.dataset.status.replace(/[A-Z]{4,}/g, name => values[name] ?? name);
  }

  function clear() {
    from = to = held = null;
    box.setAttribute("width", 0);
    status.textContent = hint;
  }

  function go() {
    const [a, b] = ends();
    const one = a === b && columns[a].closest("a");
    const address = new URL(svg.dataset.span, location);
    address.searchParams.set("from", columns[a].dataset.at);
    address.searchParams.set("to", columns[b].dataset.at);
    location.assign(one ? one.getAttribute("href") : address);
  }

  function under(event) {
    const { left, width } = svg.getBoundingClientRect();
    const place = Math.floor(((event.clientX - left) / width) * (100 / svg.dataset.width));
    return Math.min(Math.max(place, 0), columns.length - 1);
  }

  // One stop for the tabulator; the arrow keys lead on.
  function stop(link) {
    for (const each of links) each.setAttribute("tabindex", each === link ? 0 : -1);
  }

  svg.addEventListener("dragstart", event => event.preventDefault());
  svg.addEventListener("pointerdown", event => {
    quiet = false;
    held = event.isPrimary && event.button === 0 ? under(event) : null;
  });
  svg.addEventListener("pointermove", event => {
    if (held === null || (from === null && under(event) === held)) return;
    svg.setPointerCapture(event.pointerId);
    quiet = true;
    show(held, under(event));
  });
  svg.addEventListener("pointerup", () => {
    if (held !== null && quiet) go();
    held = null;
  });
  svg.addEventListener("pointercancel", clear);
  svg.addEventListener("click", event => quiet && event.preventDefault(), true);
  // Not on the SVG: one that listens for focus becomes a stop of its own in Chromium.
  figure.addEventListener("focusin", ({ target }) => svg.contains(target) && stop(target.closest("a")));
  figure.addEventListener("focusout", () => held === null && clear());
  document.addEventListener("keydown", event => event.key === "Escape" && clear());
  svg.addEventListener("keydown", event => {
    const link = event.target.closest("a");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && from !== null) go();
    else if (step && event.shiftKey) {
      const at = from ?? columns.findIndex(each => link.contains(each));
      show(at, Math.min(Math.max((to ?? at) + step, 0), columns.length - 1));
    } else if (step) {
      clear();
      (links[links.indexOf(link) + step] ?? link).focus();
    } else return;
    event.preventDefault();
  });
}
