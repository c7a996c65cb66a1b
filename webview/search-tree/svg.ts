/** A whole tree as an SVG picture that needs no theme and no script. */
import type { Layout } from './layout.ts';
import { COLUMN, ROW } from './layout.ts';
import { radiusOf, type Scene } from './draw.ts';
import { type Palette, shadeOf } from './palette.ts';
import { stateAt, type TreeNode } from './tree.ts';
import { nodeInWords, tokenLabel } from './words.ts';

const MARGIN = 12;

export function svgOf(scene: Scene, palette: Palette, title: string): string {
  const { layout, tree, step } = scene;
  const width = layout.right - layout.left + COLUMN + 2 * MARGIN;
  const height = layout.bottom - layout.top + ROW + 2 * MARGIN;
  const origin = `${layout.left - MARGIN} ${layout.top - ROW / 2 - MARGIN}`;
  const nodes = [...tree.nodes.values()].filter((node) => node.step <= step);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${origin} ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="monospace" font-size="11.5" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="${layout.left - MARGIN}" y="${layout.top - ROW / 2 - MARGIN}" width="${width}" height="${height}" fill="${palette.background}"/>`,
    ...nodes.map((node) => edge(node, scene, palette)),
    ...nodes.map((node) => mark(node, scene, palette)),
    '</svg>\n',
  ].join('\n');
}

const place = ({ points }: Layout, { id }: TreeNode) => points.get(id)!;

function edge(node: TreeNode, { layout, path }: Scene, palette: Palette): string {
  if (node.parent === undefined) return '';
  const from = place(layout, node.parent);
  const to = place(layout, node);
  const middle = (from.x + to.x) / 2;
  const look = path.has(node)
    ? `stroke="${palette.foreground}" stroke-width="2.25"`
    : `stroke="${palette.quiet}" stroke-opacity="0.5"`;
  return `<path d="M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}" fill="none" ${look}/>`;
}

function mark(node: TreeNode, { layout, tree, step, path }: Scene, palette: Palette): string {
  const { x, y } = place(layout, node);
  const color = palette.rewards[shadeOf(node.reward, tree.rewards)]!;
  const radius = Number(radiusOf(node, tree).toFixed(1));
  const label =
    node.parent === undefined
      ? ''
      : `<text x="${x + 9}" y="${y}" dominant-baseline="central" fill="${palette.foreground}"${path.has(node) ? ' font-weight="bold"' : ''}>${escaped(tokenLabel(node))}</text>`;
  return `<g><title>${escaped(nodeInWords(node, step))}</title>${shape(stateAt(node, step)!, x, y, radius, color, palette)}${label}</g>`;
}

function shape(
  state: NonNullable<ReturnType<typeof stateAt>>,
  x: number,
  y: number,
  radius: number,
  color: string,
  palette: Palette,
): string {
  if (state === 'unseen')
    return `<path d="M${x - 3} ${y - 3}l6 6m0-6l-6 6" stroke="${palette.quiet}" stroke-width="1.4"/>`;
  if (state === 'finished') {
    const half = radius + 1.5;
    return `<rect x="${x - half}" y="${y - half}" width="${2 * half}" height="${2 * half}" fill="${color}"/>`;
  }
  const fill = state === 'kept' ? color : palette.background;
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" stroke="${color}" stroke-width="1.4"/>`;
}

/** Text that a model wrote is text; characters that XML cannot hold are left out. */
const escaped = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- these are what XML forbids
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
