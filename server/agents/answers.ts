/** The final answer in a text, and whether two of them are the same. */

/** What stands in the last \boxed{…}, else the last fenced block, else the whole text. */
export function finalAnswer(text: string): string {
  return boxed(text) ?? codeBlock(text) ?? text.trim();
}

/** The content of the last \boxed{…}, whose braces may nest. */
export function boxed(text: string): string | undefined {
  const opening = '\\boxed{';
  const start = text.lastIndexOf(opening);
  if (start < 0) return undefined;
  let depth = 1;
  for (let at = start + opening.length; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return text.slice(start + opening.length, at).trim();
  }
  return undefined;
}

/** The content of the last fenced block that is closed. */
export function codeBlock(text: string): string | undefined {
  return [...text.matchAll(/^```[^\n]*\n(.*?)^```/gms)].at(-1)?.[1];
}

/** The last number that a text names, without grouping commas. */
export function lastNumber(text: string): string | undefined {
  return text
    .match(/-?\d[\d,]*(?:\.\d+)?/g)
    ?.at(-1)
    ?.replaceAll(',', '');
}

/** Equal as numbers, or as mathematics written in one of the usual ways. */
export function sameAnswer(a: string, b: string): boolean {
  const [left, right] = [normalized(a), normalized(b)];
  if (left === right) return left !== '';
  const [x, y] = [Number(left), Number(right)];
  return (
    left !== '' && right !== '' && Number.isFinite(x) && Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x))
  );
}

/** Without what does not change a mathematical answer: spaces, dollars, \left and \right, text marks, units' dots. */
function normalized(answer: string): string {
  return answer
    .replaceAll(/\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}/g, '$1')
    .replaceAll(/\\[dt]frac/g, '\\frac')
    .replaceAll(/\\(?:left|right|,|!|;|:| )/g, '')
    .replaceAll(/\^\{?\\circ\}?|\\degree|\\?%|\\?\$/g, '')
    .replaceAll(/\s/g, '')
    .replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replace(/\.$/, '');
}
