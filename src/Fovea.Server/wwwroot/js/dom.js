// Small helpers for building elements; no text is ever taken as markup.

/** Makes an element: properties as given, children appended (strings as text). */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) {
      made[name] = value;
    } else {
      made.setAttribute(name, value);
    }
  }
  made.append(...children);
  return made;
}

let last = 0;

/** An id that no other element has. */
export const freshId = (word) => `${word}-${++last}`;

/** A labelled slider that tells its value. */
export function slider(text, { min, max, step, value, format, changed }) {
  const input = element("input", { type: "range", min, max, step, id: freshId("slider") });
  const output = element("output", { htmlFor: input.id });
  const tell = () => {
    output.value = format(input.valueAsNumber);
    input.style.setProperty("--part", (input.valueAsNumber - min) / (max - min));
    input.setAttribute("aria-valuetext", output.value);
  };
  input.value = value;
  input.addEventListener("input", () => {
    tell();
    changed(input.valueAsNumber);
  });
  tell();
  return element("div", { className: "slider" }, element("label", { htmlFor: input.id }, text), output, input);
}

/** A labelled choice of one of several. */
export function choice(text, options, chosen, changed) {
  const select = element("select", {}, ...options.map(([value, label]) => new Option(label, value, false, value === chosen)));
  select.addEventListener("change", () => changed(select.value));
  select.id = freshId("choice");
  return element("div", { className: "field" }, element("label", { htmlFor: select.id }, text), select);
}

/** A share as percent with one decimal. */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
