// Masks as COCO's compressed run lengths: column after column, first the length of the zeros.

/** Calls back with the first pixel and the end of each run of ones, counted down the columns. */
function eachRun(text, found) {
  const runs = [];
  let pixel = 0;
  for (let at = 0; at < text.length;) {
    let value = 0;
    let bits = 0;
    let group;
    do {
      group = text.charCodeAt(at++) - 48;
      value += (group & 31) * 2 ** bits;
      bits += 5;
    } while (group & 32);
    value -= group & 16 ? 2 ** bits : 0;
    value += runs.length > 2 ? runs.at(-2) : 0;
    if (runs.length % 2) {
      found(pixel, pixel + value);
    }
    runs.push(value);
    pixel += value;
  }
}

/** Writes a value to every pixel of a mask into an array that lies row by row. */
export function fillMask({ size: [height, width], counts }, pixels, value) {
  eachRun(counts, (from, to) => {
    for (let i = from; i < to; i++) {
      pixels[(i % height) * width + Math.floor(i / height)] = value;
    }
  });
}

/** A picture of a mask in one colour. */
export function maskImage(mask, color, alpha) {
  const [height, width] = mask.size;
  const image = new ImageData(width, height);
  fillMask(mask, new Uint32Array(image.data.buffer), packed(color, alpha));
  return canvasOf(image);
}

/** A colour as the four bytes of a pixel. */
export const packed = ([red, green, blue], alpha) =>
  new Uint32Array(new Uint8ClampedArray([red, green, blue, Math.round(255 * alpha)]).buffer)[0];

/** Pixels as something that can be drawn at any size. */
export function canvasOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
