// A look inside: what the network attends to from the point under the pointer, and what speaks for a class.
import { ask, explainable } from "../api.js";
import { heat } from "../colors.js";
import { choice, element, slider } from "../dom.js";
import { canvasOf } from "../masks.js";

const attention = "attention";

// Methods that have no layer to choose.
const wholeNetwork = ["classes", "rollout"];
const titles = {
  attention: "Attention", classes: "Token of the class", rollout: "Attention rollout", "grad-cam": "Grad-CAM", "grad-cam++": "Grad-CAM++",
  "layer-cam": "LayerCAM", "integrated-gradients": "Integrated gradients", occlusion: "Occlusion",
};

export class Maps {
  root = element("div", { className: "part maps" });
  #model;
  #changed;
  #failed;
  #layers = [];
  #method = "";
  #layer = "";
  #head = "";
  #class = "";
  #opacity = 0.75;
  #picture = null;
  #answers = new Map();
  #maps = [];
  #map = null;
  #asking = null;
  #more = element("div", { className: "fields" });
  #hint = element("p", { className: "count", role: "status" });

  /** Calls `changed` when the drawing changes, `failed` with an error. */
  constructor(model, changed, failed) {
    [this.#model, this.#changed, this.#failed] = [model, changed, failed];
    this.root.hidden = true;
  }

  async ask(picture, signal) {
    if (this.#layers.length === 0) {
      const { layers, methods } = await explainable(this.#model.name, signal);
      this.#layers = layers;
      this.root.append(
        choice("Look inside", [["", "No"], ...methods.map((method) => [method, titles[method] ?? method])], "", (method) => {
          [this.#method, this.#layer, this.#head] = [method, "", ""];
          this.#update();
        }),
        this.#more, this.#hint);
      this.root.hidden = false;
    }
    this.#picture = picture;
    this.#class = "";
    this.#answers.clear();
    this.#update();
    return null;
  }

  /** Explains a class; the predicted one where the name is empty. */
  explain(name) {
    this.#class = name;
    this.#refresh();
  }

  /** True while a point of the picture is asked for. */
  get pointed() {
    return this.#maps.some((one) => one.query);
  }

  point(point) {
    if (point && this.pointed) {
      const distance = ({ query: [x, y] }) => (x - point.x) ** 2 + (y - point.y) ** 2;
      const nearest = this.#maps.reduce((best, one) => (distance(one) < distance(best) ? one : best));
      if (nearest !== this.#map) {
        this.#map = nearest;
        this.#changed();
      }
    }
  }

  draw(context, { pixel }) {
    if (!this.#map) {
      return;
    }
    const { region: [left, top, right, bottom], query } = this.#map;
    this.#map.painted ??= paint(this.#map);
    context.globalAlpha = this.#opacity;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#map.painted, left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    if (query) {
      for (const [width, color] of [[4, "#000"], [2, "#fff"]]) {
        context.lineWidth = width * pixel;
        context.strokeStyle = color;
        context.beginPath();
        context.arc(query[0], query[1], 7 * pixel, 0, 2 * Math.PI);
        context.stroke();
      }
    }
  }

  describe() {
    if (!this.#map) {
      return "";
    }
    const what = `${titles[this.#map.method] ?? this.#map.method}${this.#map.class ? ` of ${this.#map.class}` : ""}`;
    return this.pointed ? `${what}; arrow keys move the point` : what;
  }

  #update() {
    const fields = [];
    if (this.#method && !wholeNetwork.includes(this.#method)) {
      const layers = this.#layers.filter((one) => one.heads > 0 === (this.#method === attention));
      fields.push(choice("Layer", [["", "the usual"], ...layers.map(({ layer, height, width }) => [layer, `${layer}, ${height}×${width}`])],
        this.#layer, (layer) => {
          [this.#layer, this.#head] = [layer, ""];
          this.#update();
        }));
      const heads = (this.#layers.find((one) => one.layer === this.#layer) ?? layers.at(-1))?.heads ?? 0;
      if (this.#method === attention && heads > 1) {
        fields.push(choice("Head", [["", `mean of ${heads}`], ...Array.from({ length: heads }, (_, i) => [`${i}`, `${i + 1}`])],
          this.#head, (head) => {
            this.#head = head;
            this.#refresh();
          }));
      }
    }
    if (this.#method) {
      fields.push(slider("Opacity", {
        min: 0, max: 1, step: 0.01, value: this.#opacity, format: (value) => `${Math.round(100 * value)} %`,
        changed: (value) => {
          this.#opacity = value;
          this.#changed();
        },
      }));
    }
    const controls = () => [...this.#more.querySelectorAll("select, input")];
    const focused = controls().indexOf(document.activeElement);
    this.#more.replaceChildren(...fields);
    controls()[focused]?.focus();
    this.#refresh();
  }

  async #refresh() {
    this.#asking?.abort();
    if (!this.#method || !this.#picture) {
      this.#show([]);
      return;
    }
    this.#asking = new AbortController();
    const options = { method: this.#method };
    if (this.#method === attention) {
      options.at = "every";
    }
    for (const [name, value] of [["class", this.#class], ["layer", this.#layer], ["head", this.#head]]) {
      if (value) {
        options[name] = value;
      }
    }
    const key = JSON.stringify(options);
    try {
      if (!this.#answers.has(key)) {
        const { answer } = await ask(this.#model.name, "explain", options, this.#picture, this.#asking.signal);
        this.#answers.set(key, answer.explanations);
      }
      this.#show(this.#answers.get(key));
    } catch (error) {
      if (error.name !== "AbortError") {
        this.#show([]);
        this.#failed(error);
      }
    }
  }

  #show(maps) {
    this.#maps = maps;
    this.#map = maps[Math.floor(maps.length / 2)] ?? null;
    this.#hint.textContent = !this.#map ? "" : this.pointed
      ? "Move over the picture: bright is what the point attends to."
      : this.#map.class ? `Bright is what speaks for ${this.#map.class}; choose another class to see its own map.`
      : "Bright is what the network attends to.";
    this.#changed();
  }
}

/** A map as a small picture: the brighter, the nearer to its greatest number; what is not above 0 is darkest, and covers less. */
function paint({ height, width, values }) {
  const most = Math.max(...values, Number.MIN_VALUE);
  const image = new ImageData(width, height);
  values.forEach((value, i) => {
    const part = Math.max(0, value / most);
    image.data.set([...heat(part), 150 + 105 * part], 4 * i);
  });
  return canvasOf(image);
}
