/** The settings of safe completion. */
import { workspace } from 'vscode';

export interface CompletionSettings {
  isEnabled: boolean;
  languages: readonly string[];
  /** How long to wait for the next key before a search begins, and how long a suggestion may take from the key on. */
  debounceMs: number;
  timeLimitMs: number;
  maxNewTokens: number;
  /** Nodes in the beam: of the first search, and of the one that looks for something safer behind it (0: none). */
  budget: number;
  upgradeBudget: number;
}

export function completionSettings(): CompletionSettings {
  const settings = workspace.getConfiguration('verity.completion');
  return {
    isEnabled: settings.get('enabled', false),
    languages: settings.get('languages', []),
    debounceMs: settings.get('debounce', 75),
    timeLimitMs: settings.get('timeLimit', 400),
    maxNewTokens: settings.get('maxNewTokens', 48),
    budget: settings.get('budget', 4),
    upgradeBudget: settings.get('upgradeBudget', 16),
  };
}

/** Turns safe completions on or off for all the user's windows. */
export async function toggleCompletions(): Promise<void> {
  const settings = workspace.getConfiguration('verity.completion');
  await settings.update('enabled', !settings.get('enabled', false), true);
}
