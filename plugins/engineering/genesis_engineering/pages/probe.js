// What a page looks like: evaluated in a page whose own scripts do not run. Gives, as JSON,
// `contrast`, `targets` and `wide`; elements are given as paths, the indexes among their parents'
// children from the root down. `MODE` is "contrast" or "narrow".
(() => {
  const MODE = "__MODE__";
  const MOST = 4000;

  function pathOf(element) {
    const path = [];
    for (let one = element; one && one.parentElement; one = one.parentElement) {
      path.unshift([...one.parentElement.children].indexOf(one));
    }
    return path;
  }

  function parts(text) {
    const found = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(text);
    return found && [+found[1], +found[2], +found[3], found[4] === undefined ? 1 : +found[4]];
  }

  function over(top, below) {
    return [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
  }

  function luminance(colour) {
    const [r, g, b] = colour.slice(0, 3).map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function ratio(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  // Whether anything but plain colours decides how an element looks.
  function isPainted(element, style) {
    const flat = style.opacity === "1" && style.filter === "none" && style.backdropFilter === "none"
      && style.mixBlendMode === "normal" && style.backgroundImage === "none"
      && style.maskImage === "none" && style.clipPath === "none" && style.transform === "none";
    if (!flat) return true;
    return ["::before", "::after"].some((name) => {
      const inner = getComputedStyle(element, name);
      return inner.content !== "none" && inner.content !== "normal" && inner.position !== "static";
    });
  }

  // The opaque colour behind an element's text and the element that paints it; null if not certain.
  function ground(element) {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (isPainted(one, style)) return null;
      const colour = parts(style.backgroundColor);
      if (!colour) return null;
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1 || !one.parentElement) {
        const start = colour[3] === 1 ? layers.pop() : [255, 255, 255, 1];
        return { colour: layers.reduceRight((below, top) => over(top, below), start), owner: one };
      }
    }
    return null;
  }

  // Whether nothing foreign lies between the text and the element that paints its ground.
  function isClear(element, rect, owner) {
    const stack = document.elementsFromPoint(rect.left + rect.width / 2, rect.top + rect.height / 2);
    const first = stack.indexOf(element);
    if (first !== 0) return false;
    for (const one of stack) {
      if (one === owner) return true;
      if (!one.contains(element)) return false;
    }
    return owner === document.documentElement;
  }

  function judgeText(node) {
    const text = node.nodeValue.trim();
    const element = node.parentElement;
    if (!/[\p{L}\p{N}]/u.test(text) || !element || element.closest("svg,option,[aria-disabled=true]")) {
      return null;
    }
    if (element.closest(":disabled,[inert],[aria-hidden=true],s,del,strike")) return null;
    const style = getComputedStyle(element);
    const range = document.createRange();
    range.selectNodeContents(node);
    const rect = range.getClientRects()[0];
    if (!rect || rect.width < 2 || rect.height < 2 || style.visibility !== "visible") return null;
    if (style.textShadow !== "none" || style.webkitTextFillColor !== style.color) return null;
    const colour = parts(style.color);
    const below = ground(element);
    if (!colour || colour[3] === 0 || !below || !isClear(element, rect, below.owner)) return null;
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const seen = over(colour, below.colour);
    const value = ratio(seen, below.colour);
    if (value >= (large ? 3 : 4.5)) return null;
    const hex = (one) => `#${one.slice(0, 3).map((n) => Math.round(n).toString(16).padStart(2, "0")).join("")}`;
    return { path: pathOf(element), ratio: value, needed: large ? 3 : 4.5, text: text.slice(0, 80),
      colour: hex(seen), ground: hex(below.colour), code: Boolean(element.closest("pre,code")) };
  }

  function contrast() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Map();
    for (let n = 0, node = walker.nextNode(); node && n < MOST; n += 1, node = walker.nextNode()) {
      const one = judgeText(node);
      if (!one) continue;
      const key = `${one.colour} ${one.ground} ${one.needed}`;
      if (found.has(key)) found.get(key).count += 1;
      else found.set(key, { ...one, count: 1 });
    }
    return [...found.values()].slice(0, 20);
  }

  function isShown(element) {
    const rect = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return rect.width > 1 && rect.height > 1 && style.visibility === "visible" && style.opacity !== "0"
      && rect.right > 0 && rect.bottom + scrollY > 0 && style.clip === "auto";
  }

  // Too small, not part of a sentence, and too near to another target (24 px circles cross).
  function targets() {
    // What a browser draws by itself may be as small as it likes (2.5.8, "user agent control").
    const all = [...document.querySelectorAll("a[href],button,[role=button]")]
      .filter((one) => isShown(one) && getComputedStyle(one).borderTopStyle !== "outset")
      .slice(0, 500).map((element) => ({ element, rect: element.getBoundingClientRect() }));
    const small = all.filter(({ element, rect }) => (rect.width < 24 || rect.height < 24)
      && !element.disabled && getComputedStyle(element).display !== "inline");
    const near = small.filter((one) => all.some((other) => {
      if (other.element.contains(one.element) || one.element.contains(other.element)) return false;
      const x = one.rect.left + one.rect.width / 2;
      const y = one.rect.top + one.rect.height / 2;
      const dx = Math.max(other.rect.left - x, 0, x - other.rect.right);
      const dy = Math.max(other.rect.top - y, 0, y - other.rect.bottom);
      return Math.hypot(dx, dy) < 12;
    }));
    return near.slice(0, 1).map(({ element, rect }) => ({ path: pathOf(element), count: near.length,
      width: Math.round(rect.width), height: Math.round(rect.height) }));
  }

  function wide() {
    const total = document.scrollingElement.scrollWidth;
    const visible = document.documentElement.clientWidth;
    const hides = ["hidden", "clip"].includes(getComputedStyle(document.documentElement).overflowX)
      || ["hidden", "clip"].includes(getComputedStyle(document.body).overflowX);
    if (total <= visible + 8 || hides) return [];
    let culprit = null;
    for (const one of [...document.body.querySelectorAll("*")].slice(0, MOST)) {
      const rect = one.getBoundingClientRect();
      if (rect.right + scrollX >= total - 1 && rect.width > 0) culprit = one;
    }
    const kept = culprit && culprit.closest("table,pre,img,svg,video,iframe,canvas,object,code,math");
    return [{ path: culprit ? pathOf(culprit) : [], width: total, visible, kept: Boolean(kept),
      name: culprit ? culprit.localName : "body" }];
  }

  if (!document.body) return JSON.stringify({ contrast: [], targets: [], wide: [] });
  if (MODE === "height") return String(document.documentElement.scrollHeight);
  return JSON.stringify(MODE === "contrast"
    ? { contrast: contrast(), targets: [], wide: [] }
    : { contrast: [], targets: targets(), wide: wide() });
})()
