"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const kept = new Map();
  const load = (address) => {
    if (!kept.has(address)) kept.set(address, fetch(address).then((answer) => answer.json()));
    return kept.get(address);
  };
  const make = (name, about, parent) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(about)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  };
  const start = async (map) => {
    map.dataset.started = "yes";
    const lang = map.dataset.lang;
    const number = new Intl.NumberFormat(lang, { maximumSignificantDigits: 4 });
    const [shapes, first] = await Promise.all([load(map.dataset.shapes), load(map.dataset.values)]);
    if (!map.isConnected) return;
    const [width, height] = shapes.size;
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, map);
    make("path", { d: shapes.ground, class: "ground" }, svg);
    const areas = new Map();
    for (const [code, name, path, parent] of shapes.areas) {
      const drawn = make("path", { d: path, class: "area", "data-code": code }, svg);
      areas.set(code, { code, name, parent, drawn });
    }
    if (shapes.frame) {
      const [x, y, w, h] = shapes.frame;
      make("rect", { x, y, width: w, height: h, class: "frame" }, svg);
    }
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    map.append(tip);
    const told = document.getElementById("map-told");
    const legend = document.getElementById("map-legend");
    let values = first;
    const text = (code) => {
      const area = areas.get(code);
      const value = values.areas[code]?.[1];
      const place = area.parent && area.parent !== area.name ? `${area.name} (${area.parent})` : area.name;
      return `${place}: ${value === null || value === undefined ? map.dataset.missing : number.format(value)}`;
    };
    const paint = () => {
      for (const [code, area] of areas) {
        const found = values.areas[code];
        area.drawn.setAttribute("fill", found && found[0] >= 0 ? values.colours[found[0]] : values.none);
      }
      legend.replaceChildren();
      const entry = (colour, words) => {
        const item = document.createElement("span");
        item.setAttribute("role", "listitem");
        const key = document.createElement("span");
        key.className = "key";
        key.style.background = colour;
        item.append(key, words);
        legend.append(item);
      };
      let low = values.low;
      values.bounds.forEach((bound, k) => {
        entry(values.colours[k], `${number.format(low)}–${number.format(bound)} (n = ${values.counts[k]})`);
        low = bound;
      });
      if (values.missing) entry(values.none, `${map.dataset.missing} (n = ${values.missing})`);
    };
    paint();
    let chosen = null;
    const choose = (code, tells = true) => {
      if (chosen) areas.get(chosen)?.drawn.classList.remove("on");
      chosen = code;
      if (!code) return;
      const drawn = areas.get(code).drawn;
      drawn.classList.add("on");
      drawn.parentNode.append(drawn);
      if (tells) told.textContent = text(code);
    };
    const open = (code) => {
      const place = new URL(`/${lang}/area`, location.href);
      place.searchParams.set("by", map.dataset.by);
      place.searchParams.set("area", code);
      location.assign(place);
    };
    map.addEventListener("pointermove", (event) => {
      const code = event.target.dataset?.code;
      tip.hidden = !code;
      if (!code) return;
      tip.textContent = text(code);
      const box = map.getBoundingClientRect();
      const x = event.clientX - box.left;
      tip.style.left = `${Math.min(x + 14, box.width - tip.offsetWidth - 6)}px`;
      tip.style.top = `${event.clientY - box.top + 14}px`;
    });
    map.addEventListener("pointerleave", () => { tip.hidden = true; });
    map.addEventListener("click", (event) => {
      const code = event.target.dataset?.code;
      if (code) { choose(code); open(code); }
    });
    const middles = () => {
      const found = [];
      for (const [code, area] of areas) {
        const box = area.drawn.getBBox();
        found.push([code, box.x + box.width / 2, box.y + box.height / 2]);
      }
      return found;
    };
    let places = null;
    map.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
      if (event.key === "Enter" && chosen) { open(chosen); return; }
      if (!step) return;
      event.preventDefault();
      places ??= middles();
      const here = places.find(([code]) => code === chosen) ?? ["", width / 2, height / 2];
      let best = null;
      let least = Infinity;
      for (const [code, x, y] of places) {
        const along = (x - here[1]) * step[0] + (y - here[2]) * step[1];
        const across = Math.abs((x - here[1]) * step[1]) + Math.abs((y - here[2]) * step[0]);
        const far = along + 2 * across;
        if (code !== chosen && along > 0 && across <= along * 1.5 && far < least) { least = far; best = code; }
      }
      if (best) choose(best);
    });
    let [x0, y0, w0] = [0, 0, width];
    const view = () => svg.setAttribute("viewBox", `${x0} ${y0} ${w0} ${(w0 * height) / width}`);
    const zoom = (factor, cx = x0 + w0 / 2, cy = y0 + (w0 * height) / width / 2) => {
      const w = Math.min(Math.max(w0 * factor, width / 24), width);
      const h0 = (w0 * height) / width;
      const h = (w * height) / width;
      x0 = Math.min(Math.max(cx - ((cx - x0) / w0) * w, 0), width - w);
      y0 = Math.min(Math.max(cy - ((cy - y0) / h0) * h, 0), height - h);
      w0 = w;
      view();
    };
    const buttons = document.createElement("div");
    buttons.className = "zoom";
    for (const [sign, factor, words] of [["+", 0.6, { en: "Zoom in", ja: "拡大" }], ["−", 1 / 0.6, { en: "Zoom out", ja: "縮小" }]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.setAttribute("aria-label", words[lang]);
      button.addEventListener("click", (event) => { event.stopPropagation(); zoom(factor); });
      buttons.append(button);
    }
    map.append(buttons);
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      zoom(event.deltaY > 0 ? 1.25 : 0.8, point.x, point.y);
    }, { passive: false });
    let held = null;
    svg.addEventListener("pointerdown", (event) => { held = w0 < width ? [event.clientX, event.clientY, x0, y0] : null; });
    svg.addEventListener("pointermove", (event) => {
      if (!held || !event.buttons) return;
      const scale = w0 / svg.getBoundingClientRect().width;
      x0 = Math.min(Math.max(held[2] - (event.clientX - held[0]) * scale, 0), width - w0);
      y0 = Math.min(Math.max(held[3] - (event.clientY - held[1]) * scale, 0), height - (w0 * height) / width);
      view();
    });
    const slider = document.getElementById("map-slider");
    const years = JSON.parse(slider.dataset.years);
    slider.max = years.length - 1;
    slider.value = years.indexOf(values.year);
    const label = document.getElementById("map-year");
    let wanted = values.year;
    slider.addEventListener("input", async (event) => {
      event.stopPropagation();
      const year = years[slider.value];
      wanted = year;
      label.textContent = year;
      slider.setAttribute("aria-valuetext", year);
      const place = new URL(map.dataset.values, location.href);
      place.searchParams.set("year", year);
      const found = await load(place.pathname + place.search);
      if (wanted !== year) return;
      values = found;
      paint();
      if (chosen) told.textContent = text(chosen);
      const here = new URL(location.href);
      here.searchParams.set("year", year);
      history.replaceState(history.state, "", here);
    });
  };
  const look = () => {
    const map = document.getElementById("map");
    if (map && !map.dataset.started) start(map);
  };
  document.addEventListener("htmx:after:swap", look);
  document.addEventListener("DOMContentLoaded", look);
})();
