// A picture from the camera of the device.

/** Shows what the camera sees until a picture is taken; null where the user gives up. */
export async function takePicture() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch (error) {
    throw new Error(error.name === "NotAllowedError"
      ? "The browser does not let this page use the camera. Allow it in the settings of the page."
      : "There is no camera that can be used.");
  }
  const dialog = document.getElementById("camera-dialog");
  const video = dialog.querySelector("video");
  try {
    video.srcObject = stream;
    await video.play();
    dialog.returnValue = "cancel";
    dialog.showModal();
    await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
    return dialog.returnValue === "take" ? await still(video) : null;
  } finally {
    dialog.close();
    video.srcObject = null;
    stream.getTracks().forEach((track) => track.stop());
  }
}

async function still(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d").drawImage(video, 0, 0);
  const type = "image/jpeg";
  return new File([await canvas.convertToBlob({ type, quality: 0.92 })], "camera.jpg", { type });
}
