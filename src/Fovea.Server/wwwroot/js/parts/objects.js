// Objects in a picture: boxes and masks. The server is asked once; the threshold filters here.
import { ask } from "../api.js";
import { classColor, contrast, css } from "../colors.js";
import { element, slider } from "../dom.js";
import { maskImage } from "../masks.js";

const least = 0.05;
const usual = 0.5;

export class Objects {
  root = element("div", { className: "part objects" });
  #model;
  #changed;
  #found = [];
  #threshold = usual;
  #hidden = new Set();
  #marked = null;
  #legend = element("div", { className: "chips", role: "group", ariaLabel: "Classes" });
  #list = element("ol", { className: "rows", tabIndex: 0, ariaLabel: "Objects" });
  #count = element("p", { className: "count", role: "status" });

  /** Calls `changed` when the drawing changes. */
  constructor(model, changed) {
    [this.#model, this.#changed] = [model, changed];
    this.root.append(
      slider("Threshold", {
        min: least, max: 0.99, step: 0.01, value: usual, format: (value) => value.toFixed(2),
        changed: (value) => {
          this.#threshold = value;
          this.#update();
        },
      }),
      this.#legend, this.#count, this.#list);
    this.root.hidden = true;
  }

  async ask(picture, signal) {
    const { answer, timing } = await ask(this.#model.name, "detect", { threshold: least }, picture, signal);
    const classes = this.#model.classes;
    this.#found = answer.images[0].detections.map((one) => {
      const color = classColor(classes.indexOf(one.class), classes.length);
      return { ...one, color, image: one.mask && maskImage(one.mask, color, 0.5) };
    });
    this.root.hidden = false;
    this.#update();
    return timing;
  }

  draw(context, { pixel }) {
    // The surest last, so that they lie above.
    for (const one of this.#shown().reverse()) {
      const [left, top, right, bottom] = one.box;
      const faded = this.#marked && this.#marked !== one;
      context.globalAlpha = faded ? 0.25 : 1;
      if (one.image) {
        context.drawImage(one.image, 0, 0);
      }
      const line = (one === this.#marked ? 4 : 2) * pixel;
      context.lineWidth = line + 2 * pixel;
      context.strokeStyle = "rgb(0 0 0 / 0.55)";
      context.strokeRect(left, top, right - left, bottom - top);
      context.lineWidth = line;
      context.strokeStyle = css(one.color);
      context.strokeRect(left, top, right - left, bottom - top);
    }
    context.globalAlpha = 1;
    const taken = [];
    for (const one of this.#marked ? [this.#marked] : this.#shown()) {
      label(context, pixel, one, taken);
    }
  }

  describe() {
    return `${this.#shown().length} objects`;
  }

  /** Marks the smallest box under the pointer. */
  point(point) {
    const inside = ({ box: [left, top, right, bottom] }) => point.x >= left && point.x <= right && point.y >= top && point.y <= bottom;
    const area = ({ box: [left, top, right, bottom] }) => (right - left) * (bottom - top);
    this.#mark(point ? this.#shown().filter(inside).sort((one, other) => area(one) - area(other))[0] ?? null : null);
  }

  #shown() {
    return this.#found.filter((one) => one.score >= this.#threshold && !this.#hidden.has(one.class));
  }

  #mark(one) {
    if (one !== this.#marked) {
      this.#marked = one;
      const shown = this.#shown();
      [...this.#list.children].forEach((row, i) => row.classList.toggle("marked", shown[i] === one));
      this.#changed();
    }
  }

  #update() {
    this.#marked = null;
    const sure = this.#found.filter((one) => one.score >= this.#threshold);
    const names = this.#model.classes.filter((name) => this.#found.some((one) => one.class === name));
    const focused = [...this.#legend.children].indexOf(document.activeElement);
    this.#legend.replaceChildren(...names.map((name) => this.#chip(name, sure.filter((one) => one.class === name).length)));
    this.#legend.children[focused]?.focus();

    const shown = this.#shown();
    this.#count.textContent = shown.length === 1 ? "1 object" : shown.length ? `${shown.length} objects` : "Nothing is as sure as that.";
    this.#list.replaceChildren(...shown.map((one) => {
      const row = element("li", {}, element("span", { className: "dot" }), one.class,
        element("span", { className: "value" }, one.score.toFixed(2)));
      row.querySelector(".dot").style.setProperty("--color", css(one.color));
      row.addEventListener("pointerenter", () => this.#mark(one));
      row.addEventListener("pointerleave", () => this.#mark(null));
      return row;
    }));
    this.#list.hidden = shown.length === 0;
    this.#changed();
  }

  #chip(name, count) {
    const shown = !this.#hidden.has(name);
    const chip = element("button", { type: "button", className: "chip", ariaPressed: `${shown}` },
      element("span", { className: "dot" }), name, element("span", { className: "value" }, `${count}`));
    chip.style.setProperty("--color", css(classColor(this.#model.classes.indexOf(name), this.#model.classes.length)));
    chip.addEventListener("click", () => {
      shown ? this.#hidden.add(name) : this.#hidden.delete(name);
      this.#update();
    });
    return chip;
  }
}

/** Writes the name of an object above its box, unless it is too wide for it or would cover a surer one's. */
function label(context, pixel, { class: name, box: [left, top, right], color }, taken) {
  const [size, pad] = [12 * pixel, 4 * pixel];
  context.font = `600 ${size}px system-ui, sans-serif`;
  const width = context.measureText(name).width + 2 * pad;
  const height = size + 1.2 * pad;
  const [x, y] = [left - pixel, Math.max(0, top - height)];
  const covers = (other) => x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height;
  if (width > 1.6 * (right - left) || taken.some(covers)) {
    return;
  }
  taken.push({ x, y, width, height });
  context.fillStyle = css(color);
  context.fillRect(x, y, width, height);
  context.fillStyle = contrast(color);
  context.textBaseline = "middle";
  context.fillText(name, x + pad, y + height / 2);
}
