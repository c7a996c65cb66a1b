/** A deduction as Markdown, for the clipboard and the hover. Texts of files and models are escaped, never markup. */
import type { CounterModel, Deduction } from '../../server/protocol/deduction.ts';
import { headline, oneLine, premisesApart, provenSteps } from '../../server/protocol/deduction-words.ts';
import type { Inquiry } from '../../server/protocol/derivation-panel.ts';
import { escape } from '../../server/review/markdown.ts';

/** The whole of it: the result, premises used and unused, the steps, counter-models, what is missing. */
export function deductionMarkdown({ question, title }: Inquiry, deduction: Deduction): string {
  const { used, unused } = premisesApart(deduction);
  const steps = provenSteps(deduction).map(
    ({ label, formal, from }) => `- ${label}: ${code(formal)} (from ${from.join(', ')})`,
  );
  const sections = [
    `# ${escape(question)}`,
    `**${escape(headline(deduction))}.** ${escape(deduction.reason)}`,
    section(
      deduction.status === 'contradictory' ? 'Premises in contradiction' : 'Premises needed',
      used.map(premiseItem),
    ),
    section('Derivation', steps),
    section(used.length > 0 ? 'Premises not needed' : 'Premises', unused.map(premiseItem)),
    section('What is missing', deduction.missing === null ? [] : [code(deduction.missing)]),
    section('States of affairs in which all premises hold', counterModelTable(deduction.counterModels)),
    `_${escape(title)} · ${deduction.model === null ? 'read without a model' : `read by ${escape(deduction.model)}`}, checked by Z3_`,
  ];
  return `${sections.filter((each) => each !== undefined).join('\n\n')}\n`;
}

/** What the editor shows over the lines: the result, its reason, what is missing. */
export const hoverMarkdown = (deduction: Deduction): string =>
  [
    `**Verity: ${escape(headline(deduction))}**`,
    escape(deduction.reason),
    ...(deduction.missing === null ? [] : [`What is missing: ${code(deduction.missing)}`]),
  ].join('\n\n');

/** What stands behind the line. */
export const inlineText = (deduction: Deduction): string =>
  `${SIGNS[deduction.status]} ${oneLine(deduction)}`;

/** The field's own signs: follows, does not hold, left open, absurdity. */
const SIGNS: Record<Deduction['status'], string> = {
  entailed: '✓',
  refuted: '✗',
  abstained: '○',
  contradictory: '⊥',
};

const section = (title: string, lines: readonly string[]): string | undefined =>
  lines.length === 0 ? undefined : `## ${title}\n\n${lines.join('\n')}`;

const premiseItem = ({ number, text, formal, problem }: Deduction['premises'][number]): string =>
  `${number}. ${escape(text)}${formal === null ? ` (not read${problem === undefined ? '' : `: ${escape(problem)}`})` : ` — ${code(formal)}`}`;

/** One column per state of affairs, one row per name. */
function counterModelTable(models: readonly CounterModel[]): string[] {
  if (models.length === 0) return [];
  const names = [...new Set(models.flatMap(({ values }) => values.map(({ name }) => name)))];
  const valueOf = ({ values }: CounterModel, name: string) =>
    values.find((each) => each.name === name)?.value ?? 'any';
  const row = (head: string, cells: readonly string[]) => `| ${[head, ...cells].map(escape).join(' | ')} |`;
  return [
    row(
      '',
      models.map((_, index) => `State ${index + 1}`),
    ),
    `| ${['', ...models].map(() => '---').join(' | ')} |`,
    ...names.map((name) =>
      row(
        name,
        models.map((model) => valueOf(model, name)),
      ),
    ),
    row(
      'Answer',
      models.map(({ answer }) => answer),
    ),
  ];
}

/** A code span that its text cannot end. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const padding = longest > 0 ? ' ' : '';
  return fence + padding + text.replaceAll('\n', ' ') + padding + fence;
}
