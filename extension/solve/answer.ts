/** What a team answered, read: its prose, its code, and the edit that the code may be. */

/** A stretch of an answer: prose, or the inside of a code fence. */
export type Piece = { prose: string } | { code: string; language: string };

/** An answer that broke off inside of a fence ends with it. */
const FENCE = /^(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*\n([^]*?)(?:^\1[`~]*[ \t]*$|(?![^]))/gm;

export function piecesOf(answer: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const text = answer.replaceAll('\r\n', '\n');
  for (const { index, 0: whole, 2: language, 3: code } of text.matchAll(FENCE)) {
    if (text.slice(end, index).trim() !== '') pieces.push({ prose: text.slice(end, index).trim() });
    pieces.push({ code: code!.replace(/\n$/, ''), language: language!.toLowerCase() });
    end = index + whole.length;
  }
  if (text.slice(end).trim() !== '') pieces.push({ prose: text.slice(end).trim() });
  return pieces;
}

/** Names that models give to VS Code's languages in fences. */
const ALIASES: Record<string, string[]> = {
  typescript: ['ts'],
  typescriptreact: ['tsx', 'typescript', 'ts'],
  javascript: ['js', 'mjs', 'cjs'],
  javascriptreact: ['jsx', 'javascript', 'js'],
  python: ['py', 'python3'],
  shellscript: ['sh', 'bash', 'shell', 'zsh'],
  csharp: ['cs', 'c#'],
  cpp: ['c++'],
  rust: ['rs'],
  go: ['golang'],
};

/**
 * The code that may stand where the code stood that was asked about: the last block in its language or in none, because
 * a model that thinks aloud ends with what it means. Undefined if there is none, or if the answer broke off inside of it.
 */
export function replacementIn(answer: string, language: string): string | undefined {
  if (isCutOff(answer)) return undefined;
  const names = ['', language, ...(ALIASES[language] ?? [])];
  const block = piecesOf(answer).findLast((piece) => 'code' in piece && names.includes(piece.language));
  return block !== undefined && 'code' in block && block.code.trim() !== '' ? block.code : undefined;
}

/** Half of a function in place of a whole one is no offer. */
const isCutOff = (answer: string): boolean => (answer.match(/^(?:`{3,}|~{3,})/gm) ?? []).length % 2 === 1;

/** Code set in as far as what it replaces: models begin at the margin. */
export function indentedLike(code: string, replaced: string): string {
  const [wanted, given] = [indentOf(replaced), indentOf(code)];
  if (wanted === given) return code;
  return code
    .split('\n')
    .map((line) =>
      line.trim() === '' ? '' : wanted + (line.startsWith(given) ? line.slice(given.length) : line),
    )
    .join('\n');
}

/** What all lines that are not empty begin with. */
function indentOf(text: string): string {
  const indents = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => /^[ \t]*/.exec(line)![0]);
  return indents.reduce((shared, indent) => {
    while (!indent.startsWith(shared)) shared = shared.slice(0, -1);
    return shared;
  }, indents[0] ?? '');
}
