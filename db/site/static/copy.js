// A button after each text that is there to be copied; without this it is selected by hand. A selection keeps italics,
// and is copied where the clipboard's own interface is closed: on a site without HTTPS.
"use strict";
for (const text of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  const told = document.createElement("span");
  button.type = "button";
  button.textContent = text.dataset.copy;
  button.setAttribute("aria-describedby", text.id);
  told.setAttribute("role", "status");
  button.addEventListener("click", () => {
    getSelection().selectAllChildren(text);
    told.textContent = document.execCommand("copy") ? text.dataset.copied : "";
  });
  text.after(" ", button, " ", told);
}

// The frame in which they stand is as high as they are.
if (window.frameElement) {
  new ResizeObserver(() => frameElement.setAttribute("height", document.body.scrollHeight + 2)).observe(document.body);
}
