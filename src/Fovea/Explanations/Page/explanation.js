// The page of explanations: one image at a time, with a map above it. A map either stands by itself or belongs to a
// query, the cell of a grid that the pointer or the arrow keys choose.
"use strict";
const page = JSON.parse(document.getElementById("maps").textContent);
const element = id => document.getElementById(id);
const view = element("view"), bar = element("bar");

// The place of the query is a share of the sides, so that it stays where it is from one grid to another.
const state = { image: 0, map: 0, choice: 0, x: 0.5, y: 0.5, opacity: 0.6 };

// Values are bytes from a row's least (0) to its most (255); each query has a row, row by row of its grid.
const decoded = new Map();
function bytesOf(choice) {
  if (!decoded.has(choice)) decoded.set(choice, Uint8Array.from(atob(choice.data), letter => letter.charCodeAt(0)));
  return decoded.get(choice);
}

function color(share) {
  const place = share * (page.colors.length - 1), lower = Math.min(Math.floor(place), page.colors.length - 2);
  return page.colors[lower].map((from, i) => Math.round(from + (page.colors[lower + 1][i] - from) * (place - lower)));
}

const current = () => {
  const image = page.images[state.image], map = image.maps[state.map], choice = map.choices[state.choice];
  const grid = map.queries || { width: 1, height: 1 };
  const column = Math.floor(state.x * grid.width), row = Math.floor(state.y * grid.height);
  const query = row * grid.width + column, cells = map.width * map.height;
  return { image, map, choice, column, row, query, bytes: bytesOf(choice).subarray(query * cells, (query + 1) * cells) };
};

function draw() {
  const { image, map, choice, column, row, query, bytes } = current();
  const side = Math.min(560, view.parentElement.clientWidth);
  const scale = side / Math.max(image.width, image.height);
  view.width = Math.round(image.width * scale);
  view.height = Math.round(image.height * scale);
  const pen = view.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image.picture, 0, 0, view.width, view.height);

  const small = new ImageData(map.width, map.height);
  const least = Number(choice.least[query]), most = Number(choice.most[query]);
  const signed = least < 0 && most > 0, from = signed ? 0 : least;
  bytes.forEach((byte, i) => {
    const share = most > from ? (least + byte / 255 * (most - least) - from) / (most - from) : 0;
    small.data.set([...color(Math.max(0, share)), 255], 4 * i);
  });
  const layer = new OffscreenCanvas(map.width, map.height);
  layer.getContext("2d").putImageData(small, 0, 0);
  pen.globalAlpha = state.opacity;
  pen.drawImage(layer, 0, 0, view.width, view.height);
  pen.globalAlpha = 1;
  if (map.queries) {
    const width = view.width / map.queries.width, height = view.height / map.queries.height;
    for (const [ink, line] of [["#000", 4], ["#fff", 2]]) {
      pen.strokeStyle = ink;
      pen.lineWidth = line;
      pen.strokeRect(column * width, row * height, width, height);
    }
  }

  const gradient = bar.getContext("2d");
  for (let x = 0; x < bar.width; x++) {
    gradient.fillStyle = `rgb(${color(x / (bar.width - 1))})`;
    gradient.fillRect(x, 0, 1, bar.height);
  }
  element("least").textContent = signed ? "≤ 0" : choice.least[query];
  element("most").textContent = choice.most[query];
  element("where").textContent = map.queries
    ? `attention of the cell in column ${column + 1} of ${map.queries.width}, row ${row + 1} of ${map.queries.height}`
    : `${map.width}×${map.height} cells`;
  element("note").textContent = choice.note || "";
}

function fill(select, labels, value) {
  select.replaceChildren(...labels.map((label, i) => new Option(label, i, false, i === value)));
  select.parentElement.hidden = labels.length < 2;
}

// What does not exist in another image or map falls back to the first.
function choose() {
  const image = page.images[state.image];
  state.map = Math.min(state.map, image.maps.length - 1);
  const map = image.maps[state.map];
  state.choice = Math.min(state.choice, map.choices.length - 1);
  fill(element("image"), page.images.map(one => one.name), state.image);
  fill(element("map"), image.maps.map(one => one.label), state.map);
  fill(element("choice"), map.choices.map(one => one.label), state.choice);
  element("keys").hidden = !map.queries;
  draw();
}

function move(x, y) {
  if (!current().map.queries) return;
  state.x = Math.max(0, Math.min(0.9999, x));
  state.y = Math.max(0, Math.min(0.9999, y));
  draw();
}

view.addEventListener("pointermove", event => {
  const box = view.getBoundingClientRect();
  move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
});
view.addEventListener("keydown", event => {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const { map, column, row } = current();
  if (step && map.queries) {
    event.preventDefault();
    move((column + 0.5 + step[0]) / map.queries.width, (row + 0.5 + step[1]) / map.queries.height);
  }
});
for (const name of ["image", "map", "choice"]) {
  element(name).addEventListener("change", event => {
    state[name] = Number(event.target.value);
    if (name !== "choice") state.choice = 0;
    choose();
  });
}
element("opacity").addEventListener("input", event => {
  state.opacity = event.target.value / 100;
  draw();
});
window.addEventListener("resize", draw);

Promise.all(page.images.map(image => {
  image.picture = new Image();
  image.picture.src = image.png;
  return image.picture.decode();
})).then(choose);
