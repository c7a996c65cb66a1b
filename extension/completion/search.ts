/** One search for completions, shown in the Search Tree as it grows. */
import { CancellationTokenSource } from 'vscode';
import type { CompleteParams, CompleteResult } from '../../server/protocol/completion.ts';
import type { SearchRun } from '../../server/protocol/search-tree-panel.ts';
import type { Verity } from '../verity.ts';

export interface Shown {
  title: string;
  source: SearchRun['source'];
}

/** A result and the run of the Search Tree that shows it. */
export interface Searched {
  result: CompleteResult;
  run: number;
}

/** @throws what the server says, or that it was cancelled. */
export async function search(
  { server, searchTree }: Verity,
  params: CompleteParams,
  shown: Shown,
  signal: AbortSignal,
): Promise<Searched> {
  const source = new CancellationTokenSource();
  const cancel = () => source.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const run = searchTree.begin(params, shown, cancel);
  try {
    const result = await server.complete(params, source.token, (step) => searchTree.step(run, step));
    searchTree.end(run, result.refusal === undefined ? 'ended' : 'refused', result.refusal, result);
    return { result, run };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (source.token.isCancellationRequested) searchTree.end(run, 'cancelled');
    else searchTree.end(run, 'failed', message);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    source.dispose();
  }
}
