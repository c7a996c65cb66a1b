/** What part of a tree is in view, and how large: pure arithmetic. */
import { COLUMN, type Layout, type Point } from './layout.ts';

/** A point of the layout is drawn at scale · point + offset. */
export interface Viewport {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

const MIN_SCALE = 0.01;
const MAX_SCALE = 4;

/** Around a tree that fits. */
const MARGIN = 16;

export const toScreen = ({ scale, x, y }: Viewport, point: Point): Point => ({
  x: scale * point.x + x,
  y: scale * point.y + y,
});

export const toLayout = ({ scale, x, y }: Viewport, point: Point): Point => ({
  x: (point.x - x) / scale,
  y: (point.y - y) / scale,
});

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/** Zooms; what is at the point stays there. */
export function zoomed(viewport: Viewport, factor: number, at: Point): Viewport {
  const scale = clamp(viewport.scale * factor, MIN_SCALE, MAX_SCALE);
  const point = toLayout(viewport, at);
  return { scale, x: at.x - scale * point.x, y: at.y - scale * point.y };
}

export const panned = (viewport: Viewport, dx: number, dy: number): Viewport => ({
  ...viewport,
  x: viewport.x + dx,
  y: viewport.y + dy,
});

/** The whole tree, its last column's text with it, and never larger than life. */
export function fitted({ left, right, top, bottom }: Layout, { width, height }: Size): Viewport {
  const needed = { width: right - left + COLUMN, height: bottom - top };
  const scale = clamp(
    Math.min((width - 2 * MARGIN) / needed.width, (height - 2 * MARGIN) / Math.max(1, needed.height)),
    MIN_SCALE,
    1,
  );
  return {
    scale,
    x: MARGIN - scale * left,
    y: height / 2 - (scale * (top + bottom)) / 2,
  };
}

/** A point well inside, with what led to it rather than what follows. */
export const centred = (scale: number, point: Point, { width, height }: Size): Viewport => ({
  scale,
  x: width - Math.min(2 * COLUMN, width / 2) - scale * point.x,
  y: height / 2 - scale * point.y,
});

/** Moves no more than needed to have a point well inside. */
export function revealing(viewport: Viewport, point: Point, { width, height }: Size): Viewport {
  const { x, y } = toScreen(viewport, point);
  const inset = { x: Math.min(COLUMN, width / 4), y: Math.min(40, height / 4) };
  return panned(
    viewport,
    clamp(x, inset.x, width - inset.x - Math.min(COLUMN * viewport.scale, width / 4)) - x,
    clamp(y, inset.y, height - inset.y) - y,
  );
}
