// One model and what it answers about the picture.
import { element, freshId } from "./dom.js";
import { Classes } from "./parts/classes.js";
import { Maps } from "./parts/maps.js";
import { Objects } from "./parts/objects.js";
import { Segments } from "./parts/segments.js";
import { Stage } from "./stage.js";

export class Pane {
  root = document.getElementById("pane").content.cloneNode(true).firstElementChild;
  #models;
  #model;
  #parts = [];
  #picture = null;
  #stage;
  #asking = new AbortController();

  /** Shows a model; the user may choose another. */
  constructor(models, chosen, title) {
    this.#models = models;
    this.root.setAttribute("aria-label", title);
    const select = this.#find(".models");
    select.id = this.#find(".field label").htmlFor = freshId("model");
    select.append(...models.map(({ name }) => new Option(name, name, false, name === chosen)));
    select.addEventListener("change", () => {
      this.#choose(select.value);
      if (this.#picture) {
        this.#ask();
      }
    });
    this.#find(".again").addEventListener("click", () => this.#ask());
    this.#stage = new Stage(this.#find(".stage"), (point) => this.#parts.forEach((part) => part.point?.(point)));
    this.#choose(chosen);
  }

  /** The model: one of those that the server lists. */
  get model() {
    return this.#model;
  }

  /** Chooses another model by name, for the next picture. */
  set chosen(name) {
    this.#find(".models").value = name;
    this.#choose(name);
  }

  /** Asks about a picture. */
  show(picture) {
    this.#picture = picture;
    this.#stage.show(picture.bitmap);
    this.#ask();
  }

  /** Ends what is under way. */
  close() {
    this.#asking.abort();
    this.root.remove();
  }

  #find(selector) {
    return this.root.querySelector(selector);
  }

  #choose(name) {
    this.#model = this.#models.find((model) => model.name === name);
    const { model, tasks, classes, width, height } = this.#model;
    this.#find(".about").textContent = `${model} · ${classes.length} ${classes.length === 1 ? "class" : "classes"} · ${width}×${height}`;
    this.#parts = this.#partsFor(tasks);
    const inside = this.#parts.filter((part) => part instanceof Maps);
    this.#find(".below").replaceChildren(...inside.map((part) => part.root));
    this.#find(".parts").replaceChildren(...this.#parts.filter((part) => !inside.includes(part)).map((part) => part.root));
    this.#find(".timing").textContent = "";
  }

  #partsFor(tasks) {
    const changed = () => this.#repaint();
    const maps = tasks.includes("explain") ? new Maps(this.#model, changed, (error) => this.#fail(error)) : null;
    const parts = [];
    if (tasks.includes("predict")) {
      parts.push(new Classes(this.#model, maps && ((name) => maps.explain(name))));
    }
    if (tasks.includes("detect")) {
      parts.push(new Objects(this.#model, changed));
    }
    if (tasks.includes("segment")) {
      parts.push(new Segments(this.#model, changed));
    }
    return maps ? [...parts, maps] : parts;
  }

  async #ask() {
    this.#asking.abort();
    const asking = (this.#asking = new AbortController());
    this.#find(".fault").hidden = true;
    this.#stage.busy = true;
    this.root.setAttribute("aria-busy", "true");
    try {
      const timings = await Promise.all(this.#parts.map((part) => part.ask(this.#picture, asking.signal)));
      this.#tell(timings.find((timing) => timing));
    } catch (error) {
      if (error.name !== "AbortError") {
        this.#fail(error);
      }
    } finally {
      if (asking === this.#asking) {
        this.#stage.busy = false;
        this.root.removeAttribute("aria-busy");
      }
    }
    this.#repaint();
  }

  #repaint() {
    const drawn = this.#parts;
    const words = drawn.map((part) => part.describe()).filter((text) => text);
    this.#stage.pointed = drawn.some((part) => part.pointed);
    this.#stage.overlay(
      (context, view) => drawn.forEach((part) => part.draw(context, view)),
      this.#picture ? [this.#picture.name, ...words].join(": ") : "No picture yet");
  }

  #tell(timing) {
    if (!timing) {
      return;
    }
    const time = (milliseconds) => `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
    const phases = [["network", timing.run], ["decoding", timing.decode], ["waiting", timing.queue], ["in all", timing.whole]];
    this.#find(".timing").replaceChildren(
      ...phases.filter(([, value]) => value !== undefined)
        .map(([name, value]) => element("span", {}, `${name} `, element("b", {}, time(value)))),
      element("span", {}, "batch of ", element("b", {}, `${timing.batch}`)));
  }

  #fail(error) {
    this.#find(".fault").hidden = false;
    this.#find(".fault .error").textContent = error.message;
  }
}
