/** A text as statements, one sentence each. */

/** A full stop after these does not end a sentence. */
const ABBREVIATION = /(?:^|\s)(?:mr|mrs|ms|dr|prof|st|no|vs|etc|approx|ca|e\.g|i\.e|cf|\p{L})\.$/iu;

/** Lines, and within them sentences; list marks (`-`, `1.`) go. What is doubtful stays together, and is not understood. */
export const splitPremises = (text: string): string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim().replace(/^(?:[-*•]|\d{1,3}[.)])\s+/, ''))
    .flatMap(splitLine)
    .filter((sentence) => sentence !== '');

function splitLine(line: string): string[] {
  const sentences: string[] = [];
  let begin = 0;
  for (const match of line.matchAll(/[.?!](?=\s+[\p{Lu}\p{N}"“'])/gu)) {
    const end = match.index + 1;
    if (ABBREVIATION.test(line.slice(begin, end))) continue;
    sentences.push(line.slice(begin, end).trim());
    begin = end;
  }
  return [...sentences, line.slice(begin).trim()];
}
