/** The theme's colours as a canvas needs them, and the scale of rewards between two of them. */

export interface Palette {
  /** Lowest reward first. */
  rewards: readonly string[];
  foreground: string;
  quiet: string;
  focus: string;
  background: string;
  font: string;
}

const SHADES = 33;

/** Reads the theme at an element. The scale goes over a middle that stands out from neither end. */
export function paletteAt(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const variable = (...names: string[]) =>
    names.map((name) => style.getPropertyValue(name).trim()).find((value) => value !== '') ?? '';
  const rewards = Array.from({ length: SHADES }, (_, shade) => {
    const share = (2 * shade) / (SHADES - 1) - 1;
    const end = share < 0 ? '--low' : '--high';
    const amount = `${Math.round(100 * Math.abs(share))}%`;
    return resolved(element, `color-mix(in oklab, var(${end}) ${amount}, var(--middle))`);
  });
  return {
    rewards,
    foreground: resolved(element, 'var(--vscode-foreground)'),
    quiet: resolved(element, 'var(--quiet)'),
    focus: resolved(element, 'var(--vscode-focusBorder)'),
    background: resolved(element, 'var(--vscode-editor-background)'),
    font: variable('--vscode-editor-font-family', '--vscode-font-family'),
  };
}

/** Where a reward lies between the lowest and the highest, 0 to 1; in the middle if there is nothing to compare. */
export function share(reward: number, { min, max }: { min: number; max: number }): number {
  if (min >= max) return 0.5;
  return Math.min(1, Math.max(0, (reward - min) / (max - min)));
}

/** A reward's place in the palette. */
export const shadeOf = (reward: number, rewards: { min: number; max: number }): number =>
  Math.round((SHADES - 1) * share(reward, rewards));

/** A CSS colour as red, green and blue: an exported SVG has no theme, and must be read elsewhere. */
function resolved(element: HTMLElement, color: string): string {
  const probe = document.createElement('span');
  probe.style.color = color;
  element.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = computed;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data as unknown as [
    number,
    number,
    number,
    number,
  ];
  return alpha === 255
    ? `rgb(${red} ${green} ${blue})`
    : `rgb(${red} ${green} ${blue} / ${(alpha / 255).toFixed(2)})`;
}
