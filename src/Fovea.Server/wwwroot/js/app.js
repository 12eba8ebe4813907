// The page: a picture, one or two models, what they answer.
import * as api from "./api.js";
import { Pane } from "./pane.js";
import { listenForPictures } from "./picture.js";

const waitForModels = 500;
const panes = [];
let models = [];
let picture = null;

const find = (id) => document.getElementById(id);

function say(message) {
  find("message").textContent = message;
  find("message").hidden = !message;
}

function addPane() {
  const chosen = new URLSearchParams(location.hash.slice(1)).getAll("model")[panes.length];
  const other = models.find(({ name }) => panes.every((pane) => pane.model.name !== name)) ?? models[0];
  const pane = new Pane(models, (models.find(({ name }) => name === chosen) ?? other).name, panes.length ? "Second model" : "First model");
  panes.push(pane);
  find("panes").append(pane.root);
  find("panes").classList.toggle("two", panes.length > 1);
  if (picture) {
    pane.show(picture);
  }
}

function remember() {
  const chosen = new URLSearchParams(panes.map((pane) => ["model", pane.model.name]));
  history.replaceState(null, "", `#${chosen}`);
}

function togglePanes() {
  if (panes.length > 1) {
    panes.pop().close();
    find("panes").classList.remove("two");
  } else {
    addPane();
  }
  find("compare").setAttribute("aria-pressed", `${panes.length > 1}`);
  remember();
}

/** True if a model has a class of a name that holds the word. */
const knows = ({ classes }, word) => classes.some((name) => name.toLowerCase().includes(word));

/** Leaves the samples that a model can tell; all where none can, because names may be in another language. */
function sortOutSamples() {
  const samples = [...document.querySelectorAll("[data-shows]")];
  const told = samples.filter((sample) => models.some((model) => knows(model, sample.dataset.shows)));
  for (const sample of told.length ? samples : []) {
    sample.parentElement.hidden = !told.includes(sample);
  }
}

function took(taken, shows) {
  say("");
  picture = taken;
  // A sample is for the models that can tell it; whoever compares two has chosen both.
  const able = shows && panes.length === 1 && !knows(panes[0].model, shows) && models.find((model) => knows(model, shows));
  if (able) {
    panes[0].chosen = able.name;
    remember();
  }
  panes.forEach((pane) => pane.show(picture));
}

async function askForKey() {
  const dialog = find("key-dialog");
  const input = dialog.querySelector("input");
  input.value = "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "use" ? input.value : null;
}

async function start() {
  api.onKeyNeeded(askForKey);
  find("health").textContent = "Models are being loaded …";
  while (!(await api.isReady())) {
    await new Promise((wake) => setTimeout(wake, waitForModels));
  }
  try {
    models = await api.models();
  } catch (error) {
    find("health").textContent = "";
    say(`${error.message} Reload the page to try again.`);
    return;
  }
  find("health").textContent = "";
  if (models.length === 0) {
    say("This server has no models: start it with a checkpoint.");
    return;
  }
  sortOutSamples();
  addPane();
  if (new URLSearchParams(location.hash.slice(1)).getAll("model").length > 1) {
    togglePanes();
  }
  find("compare").addEventListener("click", togglePanes);
  find("panes").addEventListener("change", remember);
  listenForPictures(took, say);
}

start();
