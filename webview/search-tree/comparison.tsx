/** Two searches side by side: what each has answered and cost, and where their answers part. */
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import { counterFacts, milliseconds, rewardText, runTitle } from './words.ts';

export function Comparison({ a, b }: { a: SearchRun; b: SearchRun }) {
  const rows = compared(a, b);
  return (
    <section class="comparison">
      <table>
        <caption>{parting(a, b)}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col" title={runTitle(a)}>
              Search {a.id + 1}
            </th>
            <th scope="col" title={runTitle(b)}>
              Search {b.id + 1}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ofA, ofB]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{name === ANSWER ? <code>{ofA}</code> : ofA}</td>
              <td>{name === ANSWER ? <code>{ofB}</code> : ofB}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const ANSWER = 'Answer';

const answerOf = ({ result }: SearchRun) => result?.completions[0];

function compared(a: SearchRun, b: SearchRun): [string, string, string][] {
  const row = (name: string, of: (run: SearchRun) => string): [string, string, string] => [
    name,
    of(a),
    of(b),
  ];
  const counters = (run: SearchRun) => run.result?.counters ?? run.steps.at(-1)?.counters;
  const fact = (index: number) => (run: SearchRun) => {
    const of = counters(run);
    return of === undefined ? '—' : counterFacts(of)[index]![1];
  };
  return [
    row('Method', ({ method, budget }) => `${method}, budget ${budget}`),
    row(ANSWER, (run) => answerOf(run)?.text.trim() ?? run.phase),
    row('Reward', (run) => {
      const reward = answerOf(run)?.reward;
      return reward === undefined ? '—' : rewardText(reward);
    }),
    row('Tokens found', ({ steps }) => String(steps.reduce((sum, { added }) => sum + added.length, 0))),
    row('Reward calls saved', fact(0)),
    row('Cache hits', fact(1)),
    row('Tokens forwarded', fact(2)),
    row('Time', (run) => {
      const of = counters(run);
      return of === undefined ? '—' : milliseconds(of.ms);
    }),
  ];
}

/** Where two answers become different, in one sentence. */
export function parting(a: SearchRun, b: SearchRun): string {
  const [one, two] = [answerOf(a)?.text, answerOf(b)?.text];
  if (one === undefined || two === undefined) return 'One of the searches has no answer to compare.';
  if (one === two) return 'Both searches answer the same.';
  let same = 0;
  while (same < Math.min(one.length, two.length) && one[same] === two[same]) same++;
  if (a.prompt !== b.prompt) return 'The searches go on from different texts.';
  return same === 0
    ? 'The answers differ from their first character.'
    : `The answers are the same up to “${one.slice(Math.max(0, same - 24), same).trim()}”.`;
}
