/**
 * The embedded nano judge's prompt: a merged line diff, so that lines both versions share appear once. The model was
 * trained on exactly this form (training/verity_training/compact.py; test/fixtures/compact-prompts.json holds both
 * sides to it). Blank lines and common indentation are dropped, as they are in training.
 */
import type { AnswerForm, Prompt, PromptPart, Step } from '../../runtime/language-model.ts';
import { commonLength, confidenceAt } from '../confidence.ts';
import { joinLines, splitLines } from '../line-diff.ts';
import { alignedRegions } from './alignment.ts';
import type { CodePair, PromptFamily } from './family.ts';

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['typescript', 'typescript'],
  ['typescriptreact', 'typescript'],
  ['javascript', 'javascript'],
  ['javascriptreact', 'javascript'],
  ['python', 'python'],
]);

/** Lines that the target format's solution quotes at most, and characters of a line. */
const MAX_SOLUTION_LINES = 3;
const MAX_QUOTED_CHARACTERS = 100;
const NOTHING = '(nothing)';

export const compact: PromptFamily = {
  name: 'compact',
  maxNewTokens: 280,
  prompt: (pair): Prompt => ({ kind: 'parts', parts: promptParts(pair) }),
  forms: answerForms,
  confidence: solutionConfidence,
};

export function promptParts(pair: CodePair): PromptPart[] {
  const [a, b] = normalized(pair);
  const parts: PromptPart[] = [
    { control: '<|judge|>' },
    { text: `${LANGUAGES.get(pair.language) ?? 'text'}\n` },
    ...alignedRegions(a, b).flatMap((region): PromptPart[] =>
      region.same
        ? [{ control: '<|same|>' }, { text: joinLines(region.a) }]
        : [
            { control: '<|a|>' },
            { text: joinLines(region.a) },
            { control: '<|b|>' },
            { text: joinLines(region.b) },
          ],
    ),
    { control: '<|verdict|>' },
  ];
  return parts.filter((part) => !('text' in part) || part.text !== '');
}

/** Both versions' lines without blank ones, without trailing white space, less the indentation they all share. */
function normalized(pair: CodePair): [a: string[], b: string[]] {
  const [a, b] = [pair.a, pair.b].map((text) =>
    splitLines(text)
      .map((line) => line.trimEnd())
      .filter((line) => line !== ''),
  ) as [string[], string[]];
  const margin = commonIndent([...a, ...b]);
  return [a.map((line) => line.slice(margin)), b.map((line) => line.slice(margin))];
}

function commonIndent(lines: string[]): number {
  let margin = /^[ \t]*/.exec(lines[0] ?? '')?.[0] ?? '';
  for (const line of lines) while (!line.startsWith(margin)) margin = margin.slice(0, -1);
  return margin.length;
}

/** Tokens of the one line in which the nano judge names the bug. */
const MAX_REASON_TOKENS = 60;

/**
 * What the nano judge may answer: each changed place, with one version's lines as the solution. Its own are the choice
 * of the solution and the reason; the quotes and the letters follow from the solution, and so small a model, left to
 * itself, gets them wrong in one answer of six (models/nano-judge/README.md).
 */
export function answerForms(pair: CodePair): AnswerForm[] {
  const forms = alignedRegions(...normalized(pair))
    .filter(({ same }) => !same)
    .flatMap(({ a, b }) => [answerForm('A', a, b), answerForm('B', a, b)]);
  // Two places may be changed alike: what is written is then the same for both.
  return [...new Map(forms.map((form) => [form.opening, form])).values()];
}

function answerForm(right: 'A' | 'B', a: string[], b: string[]): AnswerForm {
  const [lines, wrong] = right === 'A' ? [a, 'B'] : [b, 'A'];
  const [quoteA, quoteB] = [a, b].map(([line]) => (line === undefined ? NOTHING : quote(line)));
  return {
    opening:
      `<type>Reasoning</type>\n<solution>\n${solution(lines)}</solution>\n` +
      `<eval>\n<quote_A>${quoteA}</quote_A>\n<quote_B>${quoteB}</quote_B>\n${wrong} is wrong:`,
    until: '\n',
    limit: MAX_REASON_TOKENS,
    closing: `</eval>\n<answer>[[${right}]]</answer>`,
  };
}

/**
 * The nano judge commits itself where its solution first has what only one version has, so its probability is read at
 * that place: of the tokens that go on with the chosen version's lines, against those that go on with the other's.
 * Which of several changes the solution is about shows in how it begins.
 */
function solutionConfidence(pair: CodePair, verdict: 'A' | 'B', steps: Step[]): number | undefined {
  const text = steps.map((step) => step.text).join('');
  const opening = '<solution>\n';
  const start = text.indexOf(opening) + opening.length;
  if (start < opening.length) return undefined;
  for (const { same, a, b } of alignedRegions(...normalized(pair))) {
    const [expected, rival] = (verdict === 'A' ? [a, b] : [b, a]).map(solution) as [string, string];
    const shared = commonLength(expected, rival);
    if (!same && expected !== rival && text.startsWith(expected.slice(0, shared + 1), start))
      return confidenceAt(steps, start + shared, start, expected, rival);
  }
  return undefined;
}

const solution = (lines: string[]): string =>
  joinLines(lines.length === 0 ? [NOTHING] : lines.slice(0, MAX_SOLUTION_LINES).map(quote));

function quote(line: string): string {
  const characters = Array.from(line.trim());
  if (characters.length <= MAX_QUOTED_CHARACTERS) return characters.join('');
  return `${characters.slice(0, MAX_QUOTED_CHARACTERS - 3).join('')}...`;
}
