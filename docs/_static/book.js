// What readers can change on the pages of the losses: the slider and the second line of a plot, and the list of all losses.

for (const plot of document.querySelectorAll(".loss-plot")) {
  const controls = plot.querySelector(".loss-controls");
  if (!controls) continue;
  const data = JSON.parse(plot.querySelector("script").textContent);
  const draw = (kind, lines) => {
    plot.querySelectorAll(`path.${kind}`).forEach((path, panel) => path.setAttribute("d", lines ? lines[panel] : ""));
  };
  const slider = controls.querySelector("input");
  slider?.addEventListener("input", () => {
    const value = data.values[slider.value];
    slider.setAttribute("aria-valuetext", value);
    controls.querySelector("output").textContent = value;
    draw("own", data.own[slider.value]);
  });
  const choice = controls.querySelector("select");
  choice?.addEventListener("change", () => draw("relative", data.relatives[choice.value]));
  controls.hidden = false;
}

const field = document.querySelector(".loss-filter");
if (field) {
  const losses = [...document.querySelectorAll(".loss-list li")];
  const plain = (words) => words.toLowerCase().replace(/[^a-z0-9|]/g, "");
  field.querySelector("input").addEventListener("input", (event) => {
    const wanted = plain(event.target.value);
    for (const loss of losses) loss.hidden = !plain(loss.dataset.names).includes(wanted);
    for (const list of document.querySelectorAll(".loss-list")) {
      list.closest("section").hidden = [...list.children].every((loss) => loss.hidden);
    }
    const found = losses.filter((loss) => !loss.hidden).length;
    field.querySelector("[role=status]").textContent = wanted ? `${found} of ${losses.length}` : "";
  });
  field.hidden = false;
}

// The outlier of the landing page, moved by its slider or by hand.
const outlierPlot = document.querySelector(".outlier-plot");
if (outlierPlot) {
  const data = JSON.parse(outlierPlot.querySelector("script").textContent);
  const picture = outlierPlot.querySelector("svg");
  const slider = outlierPlot.querySelector("input");
  const outlier = outlierPlot.querySelector(".outlier");
  const move = () => {
    outlier.setAttribute("cx", data.outlier[slider.value]);
    outlierPlot.querySelectorAll(".best").forEach((mark, row) => mark.setAttribute("cx", data.best[row][slider.value]));
  };
  slider.addEventListener("input", move);
  outlier.addEventListener("pointerdown", (event) => outlier.setPointerCapture(event.pointerId));
  outlier.addEventListener("pointermove", (event) => {
    if (!outlier.hasPointerCapture(event.pointerId)) return;
    const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse()).x;
    const distances = data.outlier.map((place) => Math.abs(place - x));
    slider.value = distances.indexOf(Math.min(...distances));
    move();
  });
  slider.parentElement.hidden = false;
}

// Paper shows what is folded, black on white.
const folds = [];
addEventListener("beforeprint", () => {
  folds.push(...document.querySelectorAll("main details:not([open])"));
  for (const fold of folds) fold.open = true;
  document.documentElement.dataset.shown = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  for (const fold of folds.splice(0)) fold.open = false;
  document.documentElement.dataset.theme = document.documentElement.dataset.shown;
});
