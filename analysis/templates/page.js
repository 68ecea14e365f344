// On paper tables lie open, but for long ones, and links to files, which lead nowhere from there, are plain text.
(() => {
  let opened = [], unlinked = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open]):not(.long)")];
    for (const each of opened) each.open = true;
    unlinked = [...document.querySelectorAll("a[href]:not([href^='#'])")].map((link) => [link, link.getAttribute("href")]);
    for (const [link] of unlinked) link.removeAttribute("href");
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
    for (const [link, target] of unlinked) link.setAttribute("href", target);
  });
})();
