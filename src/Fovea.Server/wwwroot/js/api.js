// What the server is asked, and how it answers.

const keyName = "fovea-key";
let askForKey = async () => null;

/** Sets what asks the user for a key: an async function that gives one, or null. */
export function onKeyNeeded(ask) {
  askForKey = ask;
}

/** An answer that is an error: its message is for people. */
export class ApiError extends Error {}

async function send(path, options = {}) {
  for (;;) {
    const headers = { Accept: "application/json" };
    const key = sessionStorage.getItem(keyName);
    if (key) {
      headers.Authorization = `Bearer ${key}`;
    }
    let response;
    try {
      response = await fetch(path, { ...options, headers: { ...headers, ...options.headers }, cache: "no-store" });
    } catch (error) {
      if (error.name === "AbortError") {
        throw error;
      }
      throw new ApiError("The server does not answer. Is it still running?");
    }
    if (response.status === 401) {
      const given = await askForKey();
      if (given) {
        sessionStorage.setItem(keyName, given);
        continue;
      }
    }
    if (!response.ok) {
      const problem = await response.json().catch(() => null);
      throw new ApiError(problem?.detail ?? problem?.title ?? `The server answered ${response.status} ${response.statusText}.`);
    }
    return response;
  }
}

/** True once the server's models are loaded. */
export async function isReady() {
  const response = await fetch("v2/health/ready", { cache: "no-store" }).catch(() => null);
  return response?.ok === true;
}

/** The served models. */
export const models = async () => (await (await send("v1/models")).json()).models;

/** What can be explained of a model: its layers and methods. */
export const explainable = async (model, signal) =>
  (await send(`v1/models/${encodeURIComponent(model)}/explain`, { signal })).json();

/** Asks a model about a picture: the answer, and what it took. */
export async function ask(model, task, options, picture, signal) {
  const query = new URLSearchParams(options);
  const start = performance.now();
  const response = await send(`v1/models/${encodeURIComponent(model)}/${task}?${query}`, {
    method: "POST",
    body: picture.file,
    headers: { "Content-Type": "application/octet-stream" },
    signal,
  });
  const answer = await response.json();
  if (answer.failures?.length) {
    throw new ApiError(answer.failures[0].error);
  }
  return { answer, timing: timingOf(response.headers, performance.now() - start) };
}

function timingOf(headers, whole) {
  const phases = Object.fromEntries(
    [...(headers.get("Server-Timing") ?? "").matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, time]) => [name, Number(time)]));
  return { ...phases, batch: Number(headers.get("Fovea-Batch") ?? 1), whole };
}
