(() => {
  const plots = [...document.querySelectorAll(".plot")];
  const paper = 640; // pixels: the text width of A4 in print
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
  const fit = (width) =>
    plots.forEach((plot) => {
      plot.style.width = width ? `${width}px` : "";
      Plotly.relayout(plot, width ? { autosize: false, width } : { autosize: true, width: null });
    });
  window.addEventListener("beforeprint", () => fit(paper));
  window.addEventListener("afterprint", () => fit(0));
})();
