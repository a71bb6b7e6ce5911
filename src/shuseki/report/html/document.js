(() => {
  const plots = [...document.querySelectorAll(".plot")];
  const paper = { width: 660, height: 735 }; // pixels: what fits on a page of A4 in print
  for (const plot of plots) {
    const content = document.querySelector(`script[data-for="${plot.id}"]`);
    const figure = JSON.parse(content.textContent);
    Plotly.newPlot(plot, figure.data, { ...figure.layout, autosize: true }, {
      responsive: true,
      displaylogo: false,
      modeBarButtons: [["toImage"]],
      toImageButtonOptions: { format: "svg", filename: plot.dataset.file },
    });
  }
  const heights = plots.map((plot) => plot.style.height);
  const fit = (page) =>
    plots.forEach((plot, k) => {
      const height = page && Math.min(parseInt(heights[k]), page.height);
      plot.style.width = page ? `${page.width}px` : "";
      plot.style.height = page ? `${height}px` : heights[k];
      Plotly.relayout(plot, page
        ? { autosize: false, width: page.width, height }
        : { autosize: true, width: null, height: null });
    });
  window.addEventListener("beforeprint", () => fit(paper));
  window.addEventListener("afterprint", () => fit(null));
})();
