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
