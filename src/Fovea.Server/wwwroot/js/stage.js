// The picture of a pane with what is drawn over it, and the point of it that the user is at.

const tallest = () => Math.max(240, innerHeight * 0.62);
const pixelated = 4;

export class Stage {
  #root;
  #picture;
  #layer;
  #bitmap = null;
  #draw = () => {};

  /** Takes the element of the stage; calls `moved` with the point of the picture that the user is at, or null where none. */
  constructor(root, moved) {
    this.#root = root;
    this.#picture = root.querySelector(".picture");
    this.#layer = root.querySelector(".layer");
    new ResizeObserver(() => this.#fit()).observe(root);
    addEventListener("resize", () => this.#fit());
    this.#listen(moved);
  }

  /** Shows a picture. */
  show(bitmap) {
    this.#bitmap = bitmap;
    this.#root.querySelector(".empty").hidden = true;
    this.#fit();
  }

  /** Draws over the picture, now and whenever its size changes; `draw` gets a context whose unit is the picture's pixel. */
  overlay(draw, description) {
    this.#draw = draw;
    this.#layer.setAttribute("aria-label", description);
    this.repaint();
  }

  /** True to let the arrow keys move a point of the picture. */
  set pointed(pointed) {
    this.#layer.tabIndex = pointed ? 0 : -1;
    this.#layer.setAttribute("role", pointed ? "application" : "img");
    this.#root.classList.toggle("pointed", pointed);
  }

  /** True while an answer is awaited. */
  set busy(busy) {
    this.#root.querySelector(".busy").hidden = !busy;
  }

  repaint() {
    const context = this.#layer.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#layer.width, this.#layer.height);
    if (this.#bitmap) {
      const scale = this.#layer.width / this.#bitmap.width;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      this.#draw(context, { width: this.#bitmap.width, height: this.#bitmap.height, pixel: devicePixelRatio / scale });
    }
  }

  #fit() {
    if (!this.#bitmap) {
      return;
    }
    const scale = Math.min(this.#root.clientWidth / this.#bitmap.width, tallest() / this.#bitmap.height);
    const [width, height] = [this.#bitmap.width * scale, this.#bitmap.height * scale];
    for (const canvas of [this.#picture, this.#layer]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = this.#picture.getContext("2d");
    context.imageSmoothingEnabled = scale < pixelated;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#bitmap, 0, 0, this.#picture.width, this.#picture.height);
    this.repaint();
  }

  #listen(moved) {
    let point = null;
    const move = (to) => {
      point = to;
      moved(point);
    };
    const follow = (event) => {
      if (this.#bitmap) {
        const box = this.#layer.getBoundingClientRect();
        move({
          x: ((event.clientX - box.left) / box.width) * this.#bitmap.width,
          y: ((event.clientY - box.top) / box.height) * this.#bitmap.height,
        });
      }
    };
    this.#layer.addEventListener("pointermove", follow);
    this.#layer.addEventListener("pointerdown", follow);
    this.#layer.addEventListener("pointerleave", () => move(null));
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.#layer.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (step && this.#bitmap) {
        event.preventDefault();
        const { width, height } = this.#bitmap;
        const from = point ?? { x: width / 2, y: height / 2 };
        const clamp = (value, most) => Math.min(most - 0.5, Math.max(0.5, value));
        move({ x: clamp(from.x + (step[0] * width) / 32, width), y: clamp(from.y + (step[1] * height) / 32, height) });
      }
    });
  }
}
