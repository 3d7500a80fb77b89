// The search of the static site: over headlines and extracts, in the browser, with the index that lies beside it.
"use strict";
const AT_ONCE = 20;
const MOST = 500; // that are looked at
const results = document.getElementById("results");
const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
const root = new URL("../", location.href);

function plain(markup) {
  const letters = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'", "&amp;": "&" };
  return markup.replace(/&(?:lt|gt|quot|#39|#x27|amp);/g, each => letters[each]);
}

// Where a word stands nowhere, Pagefind offers what begins alike: um for Umspannwerk.
function isFound(found) {
  const marked = [...found.excerpt.matchAll(/<mark>([^<]*)<\/mark>/g)].map(match => match[1].length);
  const least = Math.min(4, ...query.split(/\s+/).map(word => word.length));
  return !marked.length || Math.max(...marked) >= least;
}

function line(found) {
  const item = document.createElement("li");
  const heading = document.createElement("h3");
  const link = document.createElement("a");
  const meta = document.createElement("p");
  const excerpt = document.createElement("p");
  item.className = "card";
  link.href = new URL(found.raw_url.replace(/^\//, ""), root);
  link.textContent = found.meta.title;
  meta.className = "meta";
  meta.textContent = [found.meta.outlet, found.meta.day].filter(Boolean).join(" · ");
  excerpt.className = "opening";
  // Marked words come as <mark>; all else is text, whatever it looks like.
  for (const [at, part] of found.excerpt.split(/<\/?mark>/).entries()) {
    const shown = document.createElement(at % 2 ? "mark" : "span");
    shown.textContent = plain(part);
    excerpt.append(shown);
  }
  heading.append(link);
  item.append(heading, meta, excerpt);
  return item;
}

async function show() {
  const pagefind = await import(new URL("pagefind/pagefind.js", root));
  await pagefind.options({ baseUrl: "/", excerptLength: 20 });
  const answers = (await pagefind.search(query)).results.slice(0, MOST);
  const found = (await Promise.all(answers.map(each => each.data()))).filter(isFound);
  const number = document.createElement("p");
  const list = document.createElement("ol");
  const more = document.createElement("button");
  number.className = "found";
  number.textContent = found.length ? results.dataset.number.replace("NUMBER", found.length) : results.dataset.none;
  list.className = "cards";
  more.type = "button";
  more.textContent = results.dataset.more;
  function next() {
    const from = list.children.length;
    list.append(...found.slice(from, from + AT_ONCE).map(line));
    more.hidden = list.children.length >= found.length;
    if (from) list.children[from]?.querySelector("a").focus();
  }
  more.addEventListener("click", next);
  results.append(number, list, more);
  next();
}

document.getElementById("search").value = query;
if (query) show();
