// The class of every pixel: coloured, with a legend that shows and hides classes.
import { ask } from "../api.js";
import { classColor, css } from "../colors.js";
import { element, percent, slider } from "../dom.js";
import { canvasOf, fillMask, packed } from "../masks.js";

export class Segments {
  root = element("div", { className: "part segments" });
  #model;
  #changed;
  #classes = [];
  #size = [0, 0];
  #indices = new Uint16Array();
  #hidden = new Set();
  #opacity = 0.6;
  #image = null;
  #legend = element("div", { className: "chips", role: "group", ariaLabel: "Classes" });
  #here = element("p", { className: "count" });

  /** Calls `changed` when the drawing changes. */
  constructor(model, changed) {
    [this.#model, this.#changed] = [model, changed];
    this.root.append(
      slider("Opacity", {
        min: 0, max: 1, step: 0.01, value: this.#opacity, format: (value) => `${Math.round(100 * value)} %`,
        changed: (value) => {
          this.#opacity = value;
          changed();
        },
      }),
      this.#legend, this.#here);
    this.root.hidden = true;
  }

  async ask(picture, signal) {
    const { answer, timing } = await ask(this.#model.name, "segment", {}, picture, signal);
    const { width, height, classes } = answer.images[0];
    this.#size = [width, height];
    this.#classes = [...classes].sort((one, other) => other.share - one.share);
    // 0 stands for no class.
    this.#indices = new Uint16Array(width * height);
    this.#classes.forEach((one, i) => fillMask(one.mask, this.#indices, i + 1));
    this.root.hidden = false;
    this.point(null);
    this.#update();
    return timing;
  }

  draw(context) {
    if (this.#image) {
      context.globalAlpha = this.#opacity;
      context.imageSmoothingEnabled = false;
      context.drawImage(this.#image, 0, 0);
      context.globalAlpha = 1;
    }
  }

  describe() {
    return this.#classes.map((one) => `${one.class} ${percent(one.share)}`).join(", ");
  }

  /** Tells the class under the pointer. */
  point(point) {
    const [width] = this.#size;
    const found = point && this.#classes[this.#indices[Math.floor(point.y) * width + Math.floor(point.x)] - 1];
    this.#here.textContent = found ? `Here: ${found.class}` : "Move over the picture to read its classes.";
  }

  #color(name) {
    return classColor(this.#model.classes.indexOf(name), this.#model.classes.length);
  }

  #update() {
    const [width, height] = this.#size;
    const colors = [0, ...this.#classes.map((one) => (this.#hidden.has(one.class) ? 0 : packed(this.#color(one.class), 1)))];
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = colors[this.#indices[i]];
    }
    this.#image = canvasOf(image);
    const focused = [...this.#legend.children].indexOf(document.activeElement);
    this.#legend.replaceChildren(...this.#classes.map((one) => this.#chip(one)));
    this.#legend.children[focused]?.focus();
    this.#changed();
  }

  #chip({ class: name, share }) {
    const shown = !this.#hidden.has(name);
    const chip = element("button", { type: "button", className: "chip", ariaPressed: `${shown}` },
      element("span", { className: "dot" }), name, element("span", { className: "value" }, percent(share)));
    chip.style.setProperty("--color", css(this.#color(name)));
    chip.addEventListener("click", () => {
      shown ? this.#hidden.add(name) : this.#hidden.delete(name);
      this.#update();
    });
    return chip;
  }
}
