/** Why Was Nothing Suggested?: how the last request for an inline completion ended, and the ones before it. */
import { window } from 'vscode';
import { inWords } from '../completion/outcomes.ts';
import { completionSettings, toggleCompletions } from '../completion/settings.ts';
import type { Verity } from '../verity.ts';

const SHOW_TREE = 'Show Search Tree';
const SHOW_ALL = 'Earlier Requests';
const TURN_ON = 'Turn On';

export async function whyNoSuggestion(verity: Verity): Promise<void> {
  const [last, ...earlier] = verity.completions.outcomes.latest;
  const isOff = !completionSettings().isEnabled;
  const message =
    last === undefined
      ? `no completion was asked for yet${isOff ? ': safe completions are off (verity.completion.enabled)' : ''}.`
      : `the last request (${last.place}) ${inWords(last.outcome)}.`;
  const wasSearched = last !== undefined && ['answered', 'refused', 'filtered'].includes(last.outcome.kind);
  const actions = [
    ...(isOff ? [TURN_ON] : []),
    ...(wasSearched ? [SHOW_TREE] : []),
    ...(earlier.length > 0 ? [SHOW_ALL] : []),
  ];
  const choice = await window.showInformationMessage(`Verity: ${message}`, ...actions);
  if (choice === TURN_ON) await toggleCompletions();
  if (choice === SHOW_TREE) await verity.searchTree.reveal();
  if (choice === SHOW_ALL) await showAll(verity);
}

async function showAll(verity: Verity): Promise<void> {
  const items = verity.completions.outcomes.latest.map(({ outcome, place, at, ms }) => ({
    label: `$(history) ${outcome.kind === 'notAsked' ? 'not asked' : outcome.kind}`,
    description: `${place} · ${at.toLocaleTimeString()} · ${Math.round(ms)} ms`,
    detail: `The request ${inWords(outcome)}`,
  }));
  await window.showQuickPick(items, { title: 'Verity: how requests for completions ended' });
}
