/** What the panel says, in words: kept apart from how it looks. */
import type { CounterModel, Deduction } from '../../server/protocol/deduction.ts';
import type { DerivationState } from '../../server/protocol/derivation-panel.ts';
import { oneLine } from '../../server/protocol/deduction-words.ts';

/** The line at the top, which screen readers hear when it changes. */
export function statusLine({ phase, inquiry, read, deduction }: DerivationState): string {
  if (phase === 'running') {
    const count = inquiry?.premises.length ?? 0;
    if (count === 0) return 'Deducing…';
    return read.length < count ? `Reading premises: ${read.length} of ${count}` : 'Premises read; deducing…';
  }
  if (phase === 'cancelled') return 'Cancelled: nothing was decided';
  if (phase === 'failed') return 'Failed';
  return deduction === undefined ? '' : oneLine(deduction);
}

/** How long what took. */
export function facts({ model, ms }: Deduction): string {
  const solved = `Z3 ${duration(ms.solve)}`;
  if (model === null) return `Read without a model · ${solved}`;
  return `Read by ${model} ${duration(ms.formalize)} · derivation ${duration(ms.deduce)} · ${solved}`;
}

const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** A name with its value in each state of affairs. */
export interface ModelRow {
  name: string;
  values: string[];
  differs: boolean;
}

/** One row per name, those that differ first: they are why the question is open. */
export function modelRows(models: readonly CounterModel[]): ModelRow[] {
  const names = [...new Set(models.flatMap(({ values }) => values.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const values = models.map((model) => model.values.find((each) => each.name === name)?.value ?? 'any');
    return { name, values, differs: new Set(values).size > 1 };
  });
  return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
}
