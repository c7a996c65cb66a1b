/**
 * Draws a tree on a canvas. Only what is in view is drawn, lines and shapes of one look together in one path, so that
 * thousands of nodes take a few milliseconds. What a node is shows in its shape, what it is worth in colour and size.
 */
import type { NodeState } from '../../server/protocol/completion.ts';
import { COLUMN, type Layout, type Point, ROW } from './layout.ts';
import { type Palette, shadeOf, share } from './palette.ts';
import { stateAt, type Tree, type TreeNode } from './tree.ts';
import { type Size, toLayout, toScreen, type Viewport } from './viewport.ts';
import { tokenLabel } from './words.ts';

export interface Scene {
  tree: Tree;
  layout: Layout;
  /** The step that is shown. */
  step: number;
  /** The nodes of the path that is followed. */
  path: ReadonlySet<TreeNode>;
  selected: TreeNode;
  hovered: TreeNode | undefined;
}

/** Below this scale tokens are too small to read. */
const LABEL_SCALE = 0.62;

/** Below this one shapes are too small to tell apart, and corners are as good as curves. */
const SHAPE_SCALE = 0.3;

/** A node's radius by its reward; that of the unseen is the least. */
const RADIUS = { min: 2.2, max: 5.2 };

export function draw(
  context: CanvasRenderingContext2D,
  scene: Scene,
  viewport: Viewport,
  palette: Palette,
  size: Size,
): void {
  context.clearRect(0, 0, size.width, size.height);
  const shown = nodesInView(scene, viewport, size);
  drawEdges(context, scene, shown, viewport, palette);
  if (viewport.scale < SHAPE_SCALE) drawDots(context, scene, shown, palette);
  else drawNodes(context, scene, shown, viewport, palette);
  if (viewport.scale >= LABEL_SCALE) drawLabels(context, scene, shown, viewport, palette);
  drawRing(context, scene, scene.selected, viewport, palette.focus);
  if (scene.hovered !== undefined) drawRing(context, scene, scene.hovered, viewport, palette.foreground);
}

/** A node, its state at the step, and its place on the screen. */
interface Shown {
  node: TreeNode;
  state: NodeState;
  at: Point;
}

function nodesInView({ tree, layout, step }: Scene, viewport: Viewport, { width, height }: Size): Shown[] {
  const from = toLayout(viewport, { x: 0, y: 0 });
  const to = toLayout(viewport, { x: width, y: height });
  const shown: Shown[] = [];
  for (const node of tree.nodes.values()) {
    const point = layout.points.get(node.id)!;
    // An edge reaches one column to the left, and a label one to the right.
    if (node.step > step || point.x < from.x - COLUMN || point.x > to.x + COLUMN) continue;
    const parent = node.parent && layout.points.get(node.parent.id)!;
    const top = Math.min(point.y, parent?.y ?? point.y);
    const bottom = Math.max(point.y, parent?.y ?? point.y);
    if (bottom < from.y - ROW || top > to.y + ROW) continue;
    shown.push({ node, state: stateAt(node, step)!, at: toScreen(viewport, point) });
  }
  return shown;
}

function drawEdges(
  context: CanvasRenderingContext2D,
  { layout, path }: Scene,
  shown: readonly Shown[],
  viewport: Viewport,
  palette: Palette,
): void {
  const edges: Record<'left' | 'kept' | 'followed', Path2D> = {
    left: new Path2D(),
    kept: new Path2D(),
    followed: new Path2D(),
  };
  for (const { node, state, at } of shown) {
    if (node.parent === undefined) continue;
    const from = toScreen(viewport, layout.points.get(node.parent.id)!);
    const isLeft = state === 'pruned' || state === 'unseen';
    const edge = edges[path.has(node) ? 'followed' : isLeft && node.children.length === 0 ? 'left' : 'kept'];
    const middle = (from.x + at.x) / 2;
    edge.moveTo(from.x, from.y);
    if (viewport.scale < SHAPE_SCALE) edge.lineTo(at.x, at.y);
    else edge.bezierCurveTo(middle, from.y, middle, at.y, at.x, at.y);
  }
  context.strokeStyle = palette.quiet;
  context.globalAlpha = 0.3;
  context.lineWidth = 0.75;
  context.stroke(edges.left);
  context.globalAlpha = 0.75;
  context.lineWidth = 1;
  context.stroke(edges.kept);
  context.globalAlpha = 1;
  context.strokeStyle = palette.foreground;
  context.lineWidth = 2.25;
  context.stroke(edges.followed);
}

export function radiusOf({ reward }: TreeNode, { rewards }: Tree): number {
  return RADIUS.min + (RADIUS.max - RADIUS.min) * share(reward, rewards);
}

/** From afar: those that were left are smaller. */
function drawDots(
  context: CanvasRenderingContext2D,
  { tree }: Scene,
  shown: readonly Shown[],
  palette: Palette,
): void {
  for (const { node, state, at } of shown) {
    const half = state === 'kept' || state === 'finished' ? 1.5 : 0.75;
    context.fillStyle =
      state === 'unseen' ? palette.quiet : palette.rewards[shadeOf(node.reward, tree.rewards)]!;
    context.fillRect(at.x - half, at.y - half, 2 * half, 2 * half);
  }
}

/** Kept and finished ones are filled, pruned ones hollow, unseen ones crosses; a finished one is a square. */
function drawNodes(
  context: CanvasRenderingContext2D,
  { tree }: Scene,
  shown: readonly Shown[],
  viewport: Viewport,
  palette: Palette,
): void {
  const filled = palette.rewards.map(() => new Path2D());
  const hollow = palette.rewards.map(() => new Path2D());
  const unseen = new Path2D();
  const zoom = Math.max(0.45, Math.min(1.5, viewport.scale));
  for (const { node, state, at } of shown) {
    const shade = shadeOf(node.reward, tree.rewards);
    const radius = radiusOf(node, tree) * zoom;
    if (state === 'unseen') addCross(unseen, at, 3.2 * zoom);
    else if (state === 'finished') addSquare(filled[shade]!, at, radius + 1.5 * zoom);
    else addCircle((state === 'pruned' ? hollow : filled)[shade]!, at, radius);
  }
  context.lineWidth = Math.max(0.75, 1.4 * zoom);
  context.strokeStyle = palette.quiet;
  context.stroke(unseen);
  for (const [shade, color] of palette.rewards.entries()) {
    context.fillStyle = palette.background;
    context.fill(hollow[shade]!);
    context.strokeStyle = color;
    context.stroke(hollow[shade]!);
    context.fillStyle = color;
    context.fill(filled[shade]!);
  }
}

function addCircle(path: Path2D, { x, y }: Point, radius: number): void {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
}

const addSquare = (path: Path2D, { x, y }: Point, half: number): void =>
  path.rect(x - half, y - half, 2 * half, 2 * half);

function addCross(path: Path2D, { x, y }: Point, half: number): void {
  path.moveTo(x - half, y - half);
  path.lineTo(x + half, y + half);
  path.moveTo(x - half, y + half);
  path.lineTo(x + half, y - half);
}

/** A label ends where the next column begins. */
function drawLabels(
  context: CanvasRenderingContext2D,
  { path }: Scene,
  shown: readonly Shown[],
  { scale }: Viewport,
  palette: Palette,
): void {
  const size = Math.min(15, 11.5 * scale);
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 4;
  context.strokeStyle = palette.background;
  for (const isFollowed of [false, true]) {
    context.font = `${isFollowed ? 'bold ' : ''}${size}px ${palette.font}`;
    for (const { node, state, at } of shown) {
      if (node.parent === undefined || path.has(node) !== isFollowed) continue;
      const isQuiet = !isFollowed && (state === 'pruned' || state === 'unseen');
      context.fillStyle = isQuiet ? palette.quiet : palette.foreground;
      const label = tokenLabel(node);
      const x = at.x + 9 * scale;
      const fits = Math.floor(((COLUMN - 22) * scale) / (size * 0.61));
      const text = label.length > fits ? `${label.slice(0, fits - 1)}…` : label;
      // Where lines go on through it, a text stands out from them.
      if (node.children.length > 0) context.strokeText(text, x, at.y);
      context.fillText(text, x, at.y);
    }
  }
}

function drawRing(
  context: CanvasRenderingContext2D,
  { tree, layout }: Scene,
  node: TreeNode,
  viewport: Viewport,
  color: string,
): void {
  const { x, y } = toScreen(viewport, layout.points.get(node.id)!);
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, radiusOf(node, tree) * Math.max(0.45, Math.min(1.5, viewport.scale)) + 4, 0, 2 * Math.PI);
  context.stroke();
}
