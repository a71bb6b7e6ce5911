"use strict";
(() => {
  if (matchMedia("(max-width: 56rem)").matches) document.querySelector(".menu")?.removeAttribute("open");
  const PLOTLY = "/static/vendor/plotly-cartesian-4.1.1.min.js";
  let loading = null;
  const plotly = () =>
    (loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = PLOTLY;
      script.onload = () => done(window.Plotly);
      script.onerror = failed;
      document.head.append(script);
    }));
  const files = new Map();
  const figures = (address) => {
    if (!files.has(address)) {
      files.set(address, fetch(address).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.status} ${address}`);
        return answer.json();
      }));
      if (files.size > 20) files.delete(files.keys().next().value);
    }
    return files.get(address);
  };
  const draw = async (plot) => {
    const [address, key] = plot.dataset.src.split("#");
    const [Plotly, found] = await Promise.all([plotly(), figures(address)]);
    const figure = found[key];
    if (!figure || !plot.isConnected) return;
    await Plotly.newPlot(plot, figure.data, { ...figure.layout, autosize: true }, {
      responsive: true,
      displaylogo: false,
      showSendToCloud: false,
      modeBarButtons: [["toImage"]],
      toImageButtonOptions: { format: "svg", filename: plot.dataset.file },
    });
    plot.setAttribute("role", "group"); // its buttons are within
    plot.dataset.drawn = "yes";
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "400px" });
  const look = (root) => {
    for (const plot of root.querySelectorAll(".plot[data-src]:not([data-drawn])")) seen.observe(plot);
    for (const stream of root.querySelectorAll("[data-events]:not([data-open])")) listen(stream);
  };
  const listen = (place) => {
    place.dataset.open = "yes";
    const events = new EventSource(place.dataset.events);
    const bar = place.querySelector(".bar > div");
    const step = place.querySelector(".step");
    const list = place.querySelector("ol");
    events.addEventListener("told", (event) => {
      const told = JSON.parse(event.data);
      if (told.event === "step") {
        step.textContent = told.step;
        bar.style.width = "0";
      } else if (told.event === "progress" && told.of) {
        bar.style.width = `${(100 * told.done) / told.of}%`;
      } else if (told.event === "done") {
        const line = document.createElement("li");
        line.textContent = `${told.step} (${Number(told.seconds).toFixed(1)} s)`;
        list.append(line);
      }
    });
    events.addEventListener("end", () => {
      events.close();
      location.reload();
    });
    addEventListener("pagehide", () => events.close());
  };
  addEventListener("input", (event) => {
    const output = document.querySelector(`output[for="${event.target.id}"]`);
    if (output) output.value = event.target.value;
  });
  addEventListener("keydown", (event) => {
    const keys = document.querySelector("[data-keys]");
    if (!keys || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const meant = keys.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (meant) { event.preventDefault(); meant.click(); }
  });
  document.addEventListener("htmx:after:swap", () => look(document));
  document.addEventListener("DOMContentLoaded", () => look(document));
  addEventListener("beforeprint", () => {
    for (const plot of document.querySelectorAll(".plot[data-src]:not([data-drawn])")) draw(plot);
  });
})();
