// What browser.py asks a page; put in after the page has loaded, as `look`.
window.look = {
  unfold() {
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
  },

  // Canaries set window.__pwned*. Links and buttons of others are clicked: so would a reader.
  async ran() {
    document.querySelectorAll('a[href^="javascript:" i]').forEach((one) => one.click());
    await new Promise((done) => setTimeout(done, 100));
    return Object.keys(window).filter((name) => name.startsWith("__pwned"));
  },

  async barriers(rules) {
    const found = await axe.run(document, {
      runOnly: { type: "tag", values: rules },
      rules: { "target-size": { enabled: true } },
      resultTypes: ["violations"],
    });
    const places = (one) => one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ");
    return found.violations.map((one) => `${one.id}: ${places(one)}`);
  },

  luminance() {
    const parts = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
    const transparent = parts.length > 3 && parts[3] === 0;
    return transparent ? 1 : (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  },

  scrolls(element) {
    return /(auto|scroll)/.test(getComputedStyle(element).overflowX);
  },

  overflows(element) {
    return element.scrollWidth - element.clientWidth > 1;
  },

  // What reaches beyond the right edge, unless a region around it scrolls.
  tooWide() {
    const width = document.documentElement.clientWidth;
    const found = [];
    const over = Math.max(document.scrollingElement.scrollWidth, document.body.scrollWidth) - width;
    if (over > 1) found.push(`page ${over} px`);
    for (const element of document.querySelectorAll("body *")) {
      if (look.scrolls(element) && look.overflows(element) && element.querySelector("h1, h2")) {
        found.push(`${element.tagName} scrolls as a whole`);
      }
      const box = element.getBoundingClientRect();
      if (!box.width || box.right <= width + 1) continue;
      let outer = element.parentElement;
      while (outer !== document.body && !look.scrolls(outer)) outer = outer.parentElement;
      if (outer === document.body) {
        found.push(`${element.tagName} ${Math.round(box.right - width)} px`);
      }
    }
    return found.slice(0, 5);
  },

  cutOff() {
    const hides = /(hidden|clip)/;
    return [...document.querySelectorAll("body *")].filter((element) => {
      const style = getComputedStyle(element);
      const high = element.scrollHeight - element.clientHeight > 1;
      return element.clientWidth > 1 && (element.textContent.trim() || element.querySelector("img"))
        && (hides.test(style.overflowX) && look.overflows(element)
          || hides.test(style.overflowY) && high);
    }).map((one) => `${one.tagName} ${one.textContent.trim().slice(0, 30)}`).slice(0, 5);
  },

  // Remembers what scrolls sideways, and every element that gets the focus.
  watchFocus() {
    look.focused = new Set();
    document.addEventListener("focusin", (event) => look.focused.add(event.target));
    look.scrollers = [...document.querySelectorAll("body *")]
      .filter((one) => look.scrolls(one) && look.overflows(one));
  },

  notReached() {
    return look.scrollers.filter((one) => !look.focused.has(one))
      .map((one) => one.getAttribute("aria-label") || one.tagName);
  },

  focus() {
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    return {
      tag: one.tagName,
      skips: one.getAttribute("href") === `#${document.querySelector("main").id}`,
      shown: box.width > 1 && box.left >= 0 && box.top >= 0
        && getComputedStyle(one).outlineStyle !== "none",
      end: one === document.body,
    };
  },
};
