"use strict";
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);

  // Numbers: base64 of little-endian float32, where NaN is a gap.
  const numbers = (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return Array.from(new Float32Array(bytes.buffer), (v) => (Number.isNaN(v) ? null : v));
  };
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
  const exact = (v) => (v == null ? "–" : String(Number(v.toPrecision(4))));
  const ofTheme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Charts.
  const onLog = (values, log) => (log ? values.map((v) => (v > 0 ? v : null)) : values);

  const drawn = (chart) => {
    const tables = [];
    const series = [{ label: "step", value: (u, v) => (v == null ? "–" : v.toLocaleString("en")) }];
    const bands = [];
    const add = (x, y, options) => {
      tables.push([x, y]);
      series.push(options);
      return series.length - 1;
    };
    for (const one of chart.curves) {
      const x = numbers(one.x);
      const colour = ofTheme(`--c${one.colour}`);
      const y = onLog(numbers(one.y), chart.log);
      const options = { label: one.label, stroke: colour, width: 1.6, value: (u, v) => exact(v) };
      options.points = { show: y.length < 40, size: 5 };
      add(x, y, options);
      if (one.low) {
        const edge = { label: "", stroke: "transparent", points: { show: false }, mute: true };
        const high = add(x, onLog(numbers(one.high), chart.log), { ...edge });
        const low = add(x, onLog(numbers(one.low), chart.log), { ...edge });
        bands.push({ series: [high, low], fill: `${colour}2e` });
      }
    }
    if (chart.floor != null) {
      const steps = chart.curves.flatMap((one) => numbers(one.x));
      const ends = [...new Set([Math.min(...steps), Math.max(...steps)])];
      const options = { label: "floor", stroke: ofTheme("--soft"), dash: [5, 4], width: 1.2 };
      const value = () => exact(chart.floor);
      add(ends, ends.map(() => chart.floor), { ...options, points: { show: false }, mute: true, value });
    }
    return { data: uPlot.join(tables, tables.map(() => [1, 1])), series, bands };
  };

  const plot = (place, chart) => {
    const { data, series, bands } = drawn(chart);
    const soft = ofTheme("--soft");
    const line = { stroke: ofTheme("--line"), width: 1 };
    const axis = { stroke: soft, font: "12px system-ui, sans-serif", grid: line, ticks: line };
    const options = {
      width: place.clientWidth,
      height: 220,
      series,
      bands,
      scales: { x: { time: false }, y: chart.log ? { distr: 3 } : {} },
      axes: [
        { ...axis, size: 34, values: (u, at) => at.map((v) => (v == null ? "" : short.format(v))) },
        { ...axis, size: 58, values: (u, at) => at.map((v) => (v == null ? "" : exact(v))) },
      ],
      cursor: {
        y: false,
        sync: { key: "steps" },
        points: { size: (u, i) => (series[i].mute ? 0 : 7) },
        drag: { x: true, y: false },
      },
    };
    const made = new uPlot(options, data, place);
    const rows = made.root.querySelectorAll(".u-legend .u-series");
    series.forEach((one, i) => one.label || (rows[i].style.display = "none")); // edges of bands
    return made;
  };

  const places = [...document.querySelectorAll(".plot")];
  let plots = [];
  const draw = () => {
    plots.forEach((one) => one.destroy());
    plots = places.map((place, i) => plot(place, content.charts[i]));
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => {
    plots.forEach((one, i) => {
      const width = places[i].clientWidth;
      if (width !== one.width) one.setSize({ width, height: one.height });
    });
  }).observe(document.querySelector("main"));

  // Samples.
  const groups = content.pictures.groups;
  if (!groups.length) return;
  const steps = [...new Set(groups.flatMap((group) => group.steps))].sort((a, b) => a - b);
  const slider = document.getElementById("when");
  const play = document.getElementById("play");
  const figures = [...document.querySelectorAll(".figures figure")];
  document.querySelector(".figures").classList.toggle("many", figures.length > 2);
  slider.max = steps.length - 1;

  const show = (index) => {
    const step = steps[index];
    slider.value = index;
    slider.setAttribute("aria-valuetext", `step ${step}`);
    document.getElementById("step").textContent = `step ${step.toLocaleString("en")}`;
    groups.forEach((group, i) => {
      // A run without a picture of this step shows the one before.
      const at = Math.max(0, group.steps.filter((own) => own <= step).length - 1);
      const own = group.steps[at];
      figures[i].querySelector("img").src = group.images[at];
      const told = group.name && own !== step ? `${group.name}, step ${own}` : group.name;
      figures[i].querySelector("figcaption").textContent = told;
    });
  };
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) === steps.length - 1) show(0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      const next = Number(slider.value) + 1;
      if (next < steps.length) show(next);
      else stop();
    }, 350);
  });
  play.hidden = steps.length < 2;
  slider.hidden = steps.length < 2;
  show(steps.length - 1);
})();
