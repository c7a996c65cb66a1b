/** The tree on a canvas: pan, zoom, hover and the keyboard. Moving it draws the canvas and nothing else. */
import type { RefObject } from 'preact';
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { draw, type Scene } from './draw.ts';
import { nodeNear, type Point, ROW } from './layout.ts';
import { neighbour } from './neighbours.ts';
import { type Palette, paletteAt } from './palette.ts';
import { svgOf } from './svg.ts';
import { Tooltip } from './tooltip.tsx';
import type { TreeNode } from './tree.ts';
import {
  centred,
  fitted,
  panned,
  revealing,
  type Size,
  toLayout,
  toScreen,
  type Viewport,
  zoomed,
} from './viewport.ts';
import { nodeInWords } from './words.ts';

/** What the toolbar does with the graph. */
export interface GraphHandle {
  zoom: (factor: number) => void;
  fit: () => void;
  svg: (title: string) => string | undefined;
}

interface GraphProps {
  handle: RefObject<GraphHandle | null>;
  scene: Scene;
  onSelect: (node: TreeNode) => void;
  onCopy: () => void;
}

/** At first tokens can be read, though the tree be larger than the panel. */
const READABLE_SCALE = 0.7;

/** Of one press of a key or turn of the wheel. */
const ZOOM_STEP = 1.25;

/** Pointers that move less have clicked. */
const CLICK_REACH = 4;

export function Graph({ handle, scene, onSelect, onCopy }: GraphProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef({
    viewport: undefined as Viewport | undefined,
    size: { width: 0, height: 0 },
    palette: undefined as Palette | undefined,
    /** Until the user moves the tree, it moves by itself. */
    isOwn: false,
    frame: 0,
  }).current;
  const [hovered, hover] = useState<{ node: TreeNode; at: Point }>();
  const shown = useRef<Scene>(scene);
  shown.current = { ...scene, hovered: hovered?.node };

  const redraw = useCallback(() => {
    if (view.frame !== 0) return;
    view.frame = requestAnimationFrame(() => {
      view.frame = 0;
      const context = canvas.current?.getContext('2d');
      if (!context || view.viewport === undefined || view.size.width === 0) return;
      view.palette ??= paletteAt(canvas.current!);
      const ratio = window.devicePixelRatio;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw(context, shown.current, view.viewport, view.palette, view.size);
    });
  }, []);

  const move = useCallback((next: Viewport, isOwn = true) => {
    view.viewport = next;
    view.isOwn = isOwn;
    hover(undefined);
    redraw();
  }, []);

  /** Has the selected node in view, at a size that can be read unless the user has chosen another. */
  const reveal = useCallback(() => {
    const { layout, selected } = shown.current;
    if (view.size.width === 0) return;
    const point = layout.points.get(selected.id)!;
    const fit = fitted(layout, view.size);
    if (view.isOwn && view.viewport) view.viewport = revealing(view.viewport, point, view.size);
    else view.viewport = fit.scale >= READABLE_SCALE ? fit : centred(READABLE_SCALE, point, view.size);
    redraw();
  }, []);

  useLayoutEffect(reveal, [scene.selected, scene.layout]);
  useLayoutEffect(redraw);
  useResize(canvas, (size) => {
    view.size = size;
    reveal();
  });
  useTheme(() => {
    view.palette = undefined;
    redraw();
  });
  useEffect(() => () => cancelAnimationFrame(view.frame), []);

  const middle = (): Point => ({ x: view.size.width / 2, y: view.size.height / 2 });
  const zoom = (factor: number, at = middle()): void => {
    if (view.viewport) move(zoomed(view.viewport, factor, at));
  };
  const fit = () => move(fitted(shown.current.layout, view.size));
  useImperativeHandle(handle, () => ({
    zoom: (factor) => zoom(factor),
    fit,
    svg: (title) => view.palette && svgOf(shown.current, view.palette, title),
  }));

  const nodeAt = (at: Point): TreeNode | undefined => {
    const { tree, layout, step } = shown.current;
    if (view.viewport === undefined) return undefined;
    const reach = Math.max(ROW / 2, 8 / view.viewport.scale);
    return nodeNear(tree, layout, toLayout(view.viewport, at), reach, (node) => node.step <= step);
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    // A pinch on a touchpad comes as a wheel with Control held.
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 120), placeOf(event));
    else if (view.viewport) move(panned(view.viewport, -event.deltaX, -event.deltaY));
  };
  useWheel(canvas, wheel);

  const drag = useRef<{ from: Point; last: Point; isClick: boolean } | null>(null);
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const from = placeOf(event);
    drag.current = { from, last: from, isClick: true };
    canvas.current!.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const at = placeOf(event);
    const { current } = drag;
    if (current === null) {
      const node = nodeAt(at);
      if (node !== hovered?.node) hover(node && { node, at });
      return;
    }
    if (Math.hypot(at.x - current.from.x, at.y - current.from.y) > CLICK_REACH) current.isClick = false;
    if (!current.isClick && view.viewport)
      move(panned(view.viewport, at.x - current.last.x, at.y - current.last.y));
    current.last = at;
  };
  const onPointerUp = (event: PointerEvent) => {
    const wasClick = drag.current?.isClick ?? false;
    drag.current = null;
    const node = wasClick ? nodeAt(placeOf(event)) : undefined;
    if (node !== undefined) onSelect(node);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const next = neighbour(shown.current, key);
    if (next !== undefined) onSelect(next);
    else if (key === 'Enter') onCopy();
    else if (key === '+' || key === '=') zoom(ZOOM_STEP);
    else if (key === '-') zoom(1 / ZOOM_STEP);
    else if (key === '0') fit();
    else if (!key.startsWith('Arrow') && key !== 'Home' && key !== 'End') return;
    event.preventDefault();
  };

  return (
    <div
      class="graph"
      role="application"
      aria-label="Search tree. Arrow keys move among tokens, Home goes to the prompt, End along the best tokens, Enter copies the path."
      aria-roledescription="tree diagram"
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <canvas
        ref={canvas}
        aria-hidden="true"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => (drag.current = null)}
        onPointerLeave={() => hover(undefined)}
      />
      <p class="heard" aria-live="polite">
        {nodeInWords(scene.selected, scene.step)}
      </p>
      {hovered !== undefined && view.viewport !== undefined && (
        <Tooltip
          node={hovered.node}
          step={scene.step}
          at={toScreen(view.viewport, scene.layout.points.get(hovered.node.id)!)}
          size={view.size}
        />
      )}
    </div>
  );
}

/** In the canvas. */
const placeOf = ({ offsetX, offsetY }: MouseEvent): Point => ({ x: offsetX, y: offsetY });

/** Keeps the canvas as sharp as the screen. */
function useResize(canvas: { current: HTMLCanvasElement | null }, onSize: (size: Size) => void): void {
  useLayoutEffect(() => {
    const element = canvas.current!;
    const resize = () => {
      const { width, height } = element.parentElement!.getBoundingClientRect();
      element.width = Math.round(width * window.devicePixelRatio);
      element.height = Math.round(height * window.devicePixelRatio);
      onSize({ width, height });
    };
    resize();
    const observer = new ResizeObserver(resize);
    observer.observe(element.parentElement!);
    return () => observer.disconnect();
  }, []);
}

/** The editor changes the variables on the root element, and the classes of the body. */
function useTheme(onChange: () => void): void {
  useEffect(() => {
    const observer = new MutationObserver(onChange);
    const options = { attributes: true, attributeFilter: ['class', 'style'] };
    observer.observe(document.documentElement, options);
    observer.observe(document.body, options);
    return () => observer.disconnect();
  }, []);
}

/** The panel itself must not scroll, which a listener that JSX sets could not prevent. */
function useWheel(canvas: { current: HTMLCanvasElement | null }, onWheel: (event: WheelEvent) => void): void {
  const latest = useRef(onWheel);
  latest.current = onWheel;
  useEffect(() => {
    const element = canvas.current!;
    const listen = (event: WheelEvent) => latest.current(event);
    element.addEventListener('wheel', listen, { passive: false });
    return () => element.removeEventListener('wheel', listen);
  }, []);
}
