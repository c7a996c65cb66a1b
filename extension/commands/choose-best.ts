/** Choose Best of Selections: N versions of one piece of code, ranked by comparing them in pairs. */
import { env, type QuickPickItem, window } from 'vscode';
import type { Ranking, Standing } from '../../server/protocol/judgment.ts';
import type { RankPartial } from '../../server/protocol/requests.ts';
import { entry, runJudging } from '../judging.ts';
import { type NamedText, selectedTexts } from '../selections.ts';
import type { Verity } from '../verity.ts';

type Choice = NamedText & QuickPickItem;

const COPY = 'Copy the Best';

/** Answers with the ranking, for extensions that run the command; undefined if there is none. */
export async function chooseBest(verity: Verity): Promise<Ranking | undefined> {
  const candidates = await chosenCandidates();
  if (candidates === undefined) return undefined;
  const language = window.activeTextEditor?.document.languageId ?? 'plaintext';
  const ranking = await runJudging(verity, 'Verity is comparing', async (token, report) => {
    const show = panelOf(verity, candidates, report);
    const result = await verity.server.rank({ candidates, language }, token, show);
    verity.panel.rank(result.ranking);
    return result;
  });
  if (ranking !== undefined) await offer(ranking, candidates);
  return ranking;
}

/** The selections of all visible editors and the clipboard: which of them are versions of the same code? */
async function chosenCandidates(): Promise<NamedText[] | undefined> {
  const selections = window.visibleTextEditors.flatMap(selectedTexts);
  const clipboard = await env.clipboard.readText();
  const choices = [
    ...selections.map((candidate) => choice(candidate, true)),
    ...(clipboard.trim() === '' ? [] : [choice({ name: 'clipboard', text: clipboard }, false)]),
  ];
  if (choices.length < 2) {
    void window.showInformationMessage(
      'Verity: select two or more versions, with several cursors or in editors side by side; one may be on the clipboard.',
    );
    return undefined;
  }
  const chosen = await window.showQuickPick(choices, {
    canPickMany: true,
    title: 'Choose the best of',
    placeHolder: 'Two or more versions of the same code',
  });
  if (chosen?.length === 1) void window.showInformationMessage('Verity: one version alone is the best.');
  return chosen === undefined || chosen.length < 2
    ? undefined
    : chosen.map(({ name, text }) => ({ name, text }));
}

const choice = (candidate: NamedText, picked: boolean): Choice => ({
  ...candidate,
  label: candidate.name,
  description: candidate.text.trim().split('\n')[0]!,
  picked,
});

/** One entry of the panel per comparison, as it begins. */
function panelOf(verity: Verity, candidates: readonly NamedText[], report: (message: string) => void) {
  let index = -1;
  return (partial: RankPartial): void => {
    if (partial.kind === 'comparing') {
      index++;
      report(`${index + 1} of ${partial.total}`);
      const names = { A: candidates[partial.a]!.name, B: candidates[partial.b]!.name };
      verity.panel.send({ kind: 'entry', entry: entry(`${names.A} ↔ ${names.B}`, names) });
    } else if (partial.kind === 'text') verity.panel.send({ ...partial, index });
    else verity.panel.send({ kind: 'judged', index, judgment: partial.comparison.judgment });
  };
}

async function offer({ ranking }: Ranking, candidates: readonly NamedText[]): Promise<void> {
  const [best, second] = ranking as [Standing, Standing];
  if (isTie(best, second)) {
    void window.showInformationMessage('Verity: no version is clearly the best; the Verdict view shows why.');
    return;
  }
  const words = `Verity: “${best.candidate}” is the best of ${ranking.length}.`;
  if ((await window.showInformationMessage(words, COPY)) === COPY)
    await env.clipboard.writeText(candidates[best.index]!.text);
}

/** Equal but for rounding: then their order says nothing. */
const isTie = (one: Standing, two: Standing): boolean => Math.abs(one.strength - two.strength) < 1e-6;
