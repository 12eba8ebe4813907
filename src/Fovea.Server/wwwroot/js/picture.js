// The picture that is asked about, and the ways in which one comes: file, drop, paste, camera, sample.
import { takePicture } from "./camera.js";

/** Reads a file as a picture: what is sent, and what is drawn. Throws an Error with words for people. */
export async function readPicture(file) {
  try {
    return { file, name: file.name || "picture", bitmap: await createImageBitmap(file) };
  } catch {
    const kind = file.type && !file.type.startsWith("image/") ? `: it is said to be ${file.type}` : "";
    throw new Error(`${file.name || "This"} is no picture that the browser can show${kind}. Take a JPEG, PNG or WebP file.`);
  }
}

/** Listens to all ways in which a picture comes; `took` gets it, and of a sample what it shows. */
export function listenForPictures(took, failed) {
  const take = async (get, shows) => {
    try {
      const file = await get();
      if (file) {
        took(await readPicture(file), shows);
      }
    } catch (error) {
      failed(error.message);
    }
  };

  const input = document.getElementById("file");
  document.getElementById("choose").addEventListener("click", () => {
    input.removeAttribute("capture");
    input.click();
  });
  input.addEventListener("change", () => {
    take(() => input.files[0]);
    input.value = "";
  });

  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", () => take(() => fetchSample(button.dataset.sample), button.dataset.shows));
  }

  document.getElementById("camera").addEventListener("click", () => {
    if (navigator.mediaDevices?.getUserMedia) {
      take(takePicture);
    } else {
      // Without a secure connection a page sees no camera; a phone's file chooser offers its own.
      input.setAttribute("capture", "environment");
      input.click();
    }
  });

  const paste = document.getElementById("paste");
  paste.hidden = !navigator.clipboard?.read;
  paste.addEventListener("click", () => take(readClipboard));
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file) {
      event.preventDefault();
      take(() => file);
    }
  });

  listenForDrops((file) => take(() => file));
}

function listenForDrops(dropped) {
  let depth = 0;
  const show = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", () => show(1));
  addEventListener("dragleave", () => show(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    show(-depth);
    if (event.dataTransfer.files[0]) {
      dropped(event.dataTransfer.files[0]);
    }
  });
}

async function fetchSample(address) {
  const response = await fetch(address);
  return new File([await response.blob()], address.split("/").at(-1));
}

async function readClipboard() {
  let items;
  try {
    items = await navigator.clipboard.read();
  } catch {
    throw new Error("The browser does not let this page read the clipboard. Press Ctrl+V instead.");
  }
  for (const item of items) {
    const type = item.types.find((one) => one.startsWith("image/"));
    if (type) {
      return new File([await item.getType(type)], "pasted", { type });
    }
  }
  throw new Error("There is no picture in the clipboard. Copy one first.");
}
