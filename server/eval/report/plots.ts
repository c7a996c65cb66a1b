/** The report's plots as inline SVG. Each has a name for those who do not see it; its numbers stand in a table. */
import type { Bin } from '../figures.ts';
import type { Interval } from '../statistics.ts';
import { html, type Markup, NOTHING } from './html.ts';

/** With a space that does not break. */
export const percent = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)}\u00a0%`;

const TICKS = [0, 0.25, 0.5, 0.75, 1];

export interface Row {
  name: string;
  count?: number;
  /** The dot, with its interval. */
  value: number;
  interval: Interval;
  /** The ring beside it. */
  second?: number;
}

/** Pixels of a plot's whole width and of the names at its left. */
const WIDE = { width: 1000, left: 230 };
const HALF = { width: 480, left: 120 };

/** One row per group: a dot on its interval, and a ring; dashed lines where a coin would be. */
export function rowPlot(title: string, rows: Row[], chance: number[], isHalf = false): Markup {
  const { width, left } = isHalf ? HALF : WIDE;
  const [right, step] = [110, 30];
  const [top, bottom] = [8, 26];
  const height = top + step * rows.length + bottom;
  const x = (value: number) => left + value * (width - left - right);
  const line = (value: number, kind: string) =>
    html`<line class="${kind}" x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${height - bottom}" />`;
  return html`<div class="plot" tabindex="0" role="group" aria-label="${title}: plot">
    <svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${title}"
      style="min-width: ${0.62 * width}px"
    >
      ${TICKS.map((tick) => line(tick, 'grid'))} ${chance.map((value) => line(value, 'chance'))}
      ${TICKS.map((tick) => html`<text class="soft" x="${x(tick)}" y="${height - 6}" text-anchor="middle">${percent(tick, 0)}</text>`)}
      ${rows.map(({ name, count = '', value, interval: [low, high], second }, index) => {
        const y = top + step * (index + 0.5);
        return html`<g>
          <text x="${left - 14}" y="${y + 4}" text-anchor="end">${shortened(name)}</text>
          <line class="interval" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}" />
          ${second === undefined ? NOTHING : html`<circle class="ring" cx="${x(second)}" cy="${y}" r="5" />`}
          <circle class="dot" cx="${x(value)}" cy="${y}" r="7" />
          <text x="${width - right + 16}" y="${y + 4}">${percent(value)}</text>
          <text class="soft" x="${width}" y="${y + 4}" text-anchor="end">${count}</text>
        </g>`;
      })}
    </svg>
  </div>`;
}

const MAX_NAME = 32;
const shortened = (name: string): string => (name.length > MAX_NAME ? `…${name.slice(1 - MAX_NAME)}` : name);

export interface Part {
  name: string;
  value: number;
  kind: '' | 'other' | 'third' | 'none';
}

/** One whole in its parts, largest where it is named first. */
export function stackPlot(title: string, parts: Part[]): Markup {
  const [width, height] = [1000, 40];
  let from = 0;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
    ${parts.map(({ value, kind }) => {
      const x = from * width;
      from += value;
      // A gap of the card's colour between parts, so that they are told apart without colour.
      return html`<rect
        class="bar ${kind}"
        x="${x}"
        y="4"
        width="${Math.max(0, value * width - 3)}"
        height="32"
        rx="4"
      />`;
    })}
  </svg>`;
}

export const stackLegend = (parts: Part[]): Markup =>
  html`<ul class="legend">
    ${parts.map(
      ({ name, value, kind }) =>
        html`<li>
          <svg viewBox="0 0 14 14" aria-hidden="true">
            <rect class="bar ${kind}" width="14" height="14" rx="3" /></svg
          >${name} ${percent(value)}
        </li>`,
    )}
  </ul>`;

export const rowLegend = (dot: string, ring: string | undefined, chance: string): Markup =>
  html`<ul class="legend">
    <li>
      <svg viewBox="0 0 14 14" aria-hidden="true"><circle class="dot" cx="7" cy="7" r="6" /></svg>${dot}
    </li>
    ${
      ring === undefined
        ? NOTHING
        : html`<li>
            <svg viewBox="0 0 14 14" aria-hidden="true"><circle class="ring" cx="7" cy="7" r="5" /></svg
            >${ring}
          </li>`
    }
    <li>
      <svg viewBox="0 0 14 14" aria-hidden="true"><line class="chance" x1="7" x2="7" y1="0" y2="14" /></svg
      >${chance}
    </li>
  </ul>`;

/** Shares by row and column: the fuller the cell, the higher. */
export function matrixPlot(title: string, names: string[], cells: number[][]): Markup {
  const [left, top, size] = [120, 46, 104];
  const [width, height] = [left + names.length * size + 4, top + names.length * size + 4];
  return html`<svg class="narrow" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
    <text class="soft" x="${left + (names.length * size) / 2}" y="14" text-anchor="middle">
      rejected answer
    </text>
    <text class="soft" x="0" y="${top - 10}">chosen answer</text>
    ${names.map((name, index) => {
      const middle = (index + 0.5) * size;
      return html`<text x="${left + middle}" y="${top - 10}" text-anchor="middle">${name}</text>
        <text x="0" y="${top + middle + 4}">${name}</text>`;
    })}
    ${cells
      .map((row, i) =>
        row.map(
          (value, j) =>
            html`<g transform="translate(${left + j * size} ${top + i * size})">
              <rect
                class="cell"
                width="${size}"
                height="${size}"
                rx="8"
                fill-opacity="${0.1 + 0.45 * value}"
              />
              <text class="inside" x="${size / 2}" y="${size / 2 + 5}" text-anchor="middle"
                >${percent(value)}</text
              >
            </g>`,
        ),
      )
      .flat()}
  </svg>`;
}

/** Accuracy against confidence: on the diagonal a judge is as often right as it says. */
export function reliabilityPlot(title: string, bins: Bin[]): Markup {
  const [left, top, size, counts] = [56, 10, 340, 54];
  const [width, height] = [left + size + 26, top + size + counts + 48];
  const x = (value: number) => left + value * size;
  const y = (value: number) => top + (1 - value) * size;
  const floor = top + size + counts + 10;
  const filled = bins.filter(({ pairs }) => pairs > 0);
  const most = Math.max(1, ...bins.map(({ pairs }) => pairs));
  return html`<svg class="narrow" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
    ${TICKS.map(
      (tick) =>
        html`<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}" />
          <line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${y(0)}" y2="${y(1)}" />
          <text class="soft" x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${percent(tick, 0)}</text>
          <text class="soft" x="${x(tick)}" y="${floor + 18}" text-anchor="middle"
            >${percent(tick, 0)}</text
          >`,
    )}
    <line class="chance" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" />
    ${filled.map(({ confidence, accuracy, interval: [low, high] }) => {
      const at = x(confidence);
      return html`<line class="interval" x1="${at}" x2="${at}" y1="${y(low)}" y2="${y(high)}" />
        <circle class="dot" cx="${at}" cy="${y(accuracy)}" r="7" />`;
    })}
    ${filled.map(({ from, to, pairs }) => {
      const tall = (counts * pairs) / most;
      return html`<rect
        class="bar none"
        x="${x(from) + 2}"
        y="${floor - tall}"
        width="${x(to) - x(from) - 4}"
        height="${tall}"
        rx="2"
      />`;
    })}
    <line class="axis" x1="${x(0)}" x2="${x(1)}" y1="${floor}" y2="${floor}" />
    <text class="soft" x="${x(0.5)}" y="${height - 4}" text-anchor="middle">
      confidence, and how many judgments have it
    </text>
    <text class="soft" transform="translate(12 ${y(0.5)}) rotate(-90)" text-anchor="middle">right</text>
  </svg>`;
}
