// Colours of classes and of numbers: those of the command's drawings.

const distinct = [
  [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66],
  [0, 114, 178], [213, 94, 0], [204, 121, 167], [255, 255, 255],
];

/** Red, green and blue of a class: eight that are easy to tell apart, or with more classes those of PASCAL VOC. */
export function classColor(index, classes) {
  if (classes <= distinct.length) {
    return distinct[index];
  }
  const channels = [0, 0, 0];
  for (let bit = 0; (index + 1) >> bit; bit++) {
    channels[bit % 3] |= (((index + 1) >> bit) & 1) << (7 - Math.floor(bit / 3));
  }
  return channels;
}

/** A colour as CSS has it. */
export const css = ([red, green, blue], alpha = 1) => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** Black or white, whichever stands out. */
export const contrast = ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff");

const inferno = [
  [0, 0, 4], [27, 12, 66], [75, 12, 107], [120, 28, 109], [165, 44, 96],
  [207, 68, 70], [237, 105, 37], [251, 155, 6], [247, 208, 60], [252, 255, 164],
];

/** Colour of a number from 0 to 1, from dark to light. */
export function heat(value) {
  const position = Math.min(1, Math.max(0, value)) * (inferno.length - 1);
  const lower = Math.min(inferno.length - 2, Math.floor(position));
  return inferno[lower].map((from, i) => Math.round(from + (inferno[lower + 1][i] - from) * (position - lower)));
}
