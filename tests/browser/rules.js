// What assistive programs need of a page, as findings in words. Returns an empty list where all is well.
() => {
  const found = [];
  const seen = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const short = (node) => node.outerHTML.slice(0, 120);

  const nameOf = (node) => {
    const by = node.getAttribute("aria-labelledby");
    if (by) return by.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    const label = [...(node.labels ?? [])].map((each) => each.textContent).join(" ");
    return (node.getAttribute("aria-label") ?? (label || node.textContent)).trim();
  };
  for (const node of document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, dialog, nav, article, [role]")) {
    if (seen(node) && !["status", "alert"].includes(node.getAttribute("role")) && !nameOf(node)) found.push(`no name: ${short(node)}`);
  }

  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`twice: #${id}`);
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const node of document.querySelectorAll(`[${name}]`)) {
      for (const id of node.getAttribute(name).split(" ")) if (!ids.includes(id)) found.push(`${name} leads nowhere: ${id}`);
    }
  }

  if (document.querySelectorAll("main").length !== 1) found.push("not one main");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  if (!document.documentElement.lang) found.push("no language");
  let level = 1;
  for (const node of document.querySelectorAll("main :is(h1, h2, h3, h4)")) {
    const now = Number(node.tagName[1]);
    if (now > level + 1) found.push(`a heading is left out before ${short(node)}`);
    level = now;
  }
  for (const node of document.querySelectorAll("[tabindex]")) if (node.tabIndex > 0) found.push(`an order of its own: ${short(node)}`);

  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(each).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let measured = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !seen(node) || node.closest(".unseen, noscript, option")) continue;
    const [one, other] = [light(channels(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    measured += 1;
    if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(2)}: ${short(node)}`);
  }
  if (measured < 5) found.push(`only ${measured} texts were measured`);
  return found;
}
