// A button after each text that is there to be copied; without this it is selected by hand. A selection keeps italics,
// and is copied where the clipboard's own interface is closed: on a site without HTTPS.
"use strict";
for (const text of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  const status = document.createElement("span");
  button.type = "button";
  button.textContent = text.dataset.copy;
  button.setAttribute("aria-describedby", text.id);
  status.setAttribute("role", "status");
  button.addEventListener("click", () => {
    getSelection().selectAllChildren(text);
    status.textContent = document.execCommand("copy") ? text.dataset.copied : "";
  });
  text.after(" ", button, " ", status);
}

// The frame in which they stand is as high as they are, margins included.
if (window.frameElement) {
  const page = document.documentElement;
  new ResizeObserver(() => frameElement.setAttribute("height", page.offsetHeight + 2)).observe(page);
}
