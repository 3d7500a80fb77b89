// A long list is narrowed by typing; without this all of it is there. `data-items` names what is narrowed.
"use strict";
for (const list of document.querySelectorAll("[data-narrow]")) narrow(list);

function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ß", "ss");
}

function narrow(list) {
  const items = [...list.querySelectorAll(list.dataset.items ?? "li")];
  const names = items.map(item => plain((item.querySelector("a") ?? item).textContent));
  const folds = [...list.querySelectorAll("details")].map(each => [each, each.open]);
  const field = document.createElement("p");
  const input = document.createElement("input");
  const status = document.createElement("span");
  field.className = "narrowing";
  input.type = "search";
  input.autocomplete = "off";
  input.placeholder = list.dataset.narrow;
  input.setAttribute("aria-label", list.dataset.narrow);
  status.setAttribute("role", "status");
  field.append(input, status);
  const heading = list.querySelector(":scope > :is(h3, summary)");
  if (heading) heading.after(field);
  else list.prepend(field);

  function show() {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    const found = names.map(name => words.every(word => name.includes(word)));
    items.forEach((item, at) => item.toggleAttribute("hidden", !found[at]));
    for (const [fold, open] of folds) fold.open = open || words.length > 0;
    const values = { SHOWN: new Set(names.filter((_, at) => found[at])).size, ALL: new Set(names).size };
    status.textContent = words.length ? list.dataset.status.replace(/[A-Z]{3,}/g, name => values[name] ?? name) : "";
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", event => {
    if (event.key === "Escape") input.value = "";
    else if (event.key === "Enter") items.find(item => !item.hidden)?.querySelector("a")?.focus();
    else return;
    event.preventDefault();
    show();
  });
}
