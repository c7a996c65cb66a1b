/** How requests for inline completions end: each in exactly one way, kept so that a user can ask why nothing came. */

export type Outcome =
  | { kind: 'answered'; from: 'search' | 'what was found before' }
  | { kind: 'notAsked'; reason: string }
  | { kind: 'debounced' }
  | { kind: 'cancelled' }
  | { kind: 'overTime'; limitMs: number }
  | { kind: 'filtered'; filters: readonly string[] }
  | { kind: 'refused'; reason: string }
  | { kind: 'failed'; reason: string };

export interface Ended {
  outcome: Outcome;
  /** `cart.ts:14`. */
  place: string;
  at: Date;
  ms: number;
}

const MAX_KEPT = 50;

export class Outcomes {
  private ended: Ended[] = [];

  add(ended: Ended): void {
    this.ended = [...this.ended, ended].slice(-MAX_KEPT);
  }

  /** Newest first. */
  get latest(): readonly Ended[] {
    return this.ended.toReversed();
  }
}

/** An outcome as a sentence tells it, after `the last request `. */
export function inWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `was answered from ${outcome.from === 'search' ? 'a search' : outcome.from}`;
    case 'notAsked':
      return `was not sent: ${outcome.reason}`;
    case 'debounced':
      return 'was dropped: the next key came before the search began';
    case 'cancelled':
      return 'was cancelled: the next key came while the search ran';
    case 'overTime':
      return `found nothing within ${outcome.limitMs} ms (verity.completion.timeLimit)`;
    case 'filtered':
      return outcome.filters.length === 0
        ? 'found an empty completion'
        : `found only completions that were left out: ${[...new Set(outcome.filters)].join('; ')}`;
    case 'refused':
      return `was refused. ${withoutStop(outcome.reason)}`;
    case 'failed':
      return `failed: ${withoutStop(outcome.reason)}`;
  }
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');
