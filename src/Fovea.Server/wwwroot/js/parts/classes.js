// Classes of a picture as bars. Where the model can be explained, a class is chosen to be looked into.
import { ask } from "../api.js";
import { element, freshId, percent } from "../dom.js";

const most = 10;

export class Classes {
  root = element("div", { className: "part classes" });
  #model;
  #choosable;
  #chose;
  #best = "";

  /** Calls `chose` with the name of a class that the user chooses; without it classes cannot be chosen. */
  constructor(model, chose) {
    [this.#model, this.#choosable, this.#chose] = [model, Boolean(chose), chose];
  }

  async ask(picture, signal) {
    const top = Math.min(most, this.#model.classes.length);
    const { answer, timing } = await ask(this.#model.name, "predict", { top }, picture, signal);
    this.#show(answer.predictions[0].classes);
    return timing;
  }

  draw() {}

  describe() {
    return this.#best && `most probably ${this.#best}`;
  }

  #show(classes) {
    this.#best = `${classes[0].class}, ${percent(classes[0].probability)}`;
    const group = freshId("class");
    const rows = classes.map((one, i) => {
      const row = element(this.#choosable ? "label" : "div", { className: "bar" },
        ...(this.#choosable ? [element("input", { type: "radio", name: group, value: one.class, checked: i === 0 })] : []),
        element("span", { className: "name" }, one.class),
        element("span", { className: "value" }, percent(one.probability)),
        element("span", { className: "track" }, element("span", { className: "fill" })));
      row.querySelector(".fill").style.setProperty("--share", one.probability);
      return row;
    });
    const set = element("fieldset", {}, element("legend", {}, "Classes"), ...rows);
    set.addEventListener("change", (event) => this.#chose?.(event.target.value));
    this.root.replaceChildren(set);
  }
}
