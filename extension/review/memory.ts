/** What a workspace remembers of its reviews: the findings, and which contents were dismissed or resolved. */
import { z } from 'zod';
import { Finding } from './finding.ts';

/** The part of VS Code's Memento that is used. */
export interface Store {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** The oldest are forgotten beyond so many; a fingerprint takes 32 bytes, a finding some kilobytes. */
const MAX_FINGERPRINTS = 5000;
const MAX_FINDINGS = 200;

const KEYS = {
  dismissed: 'verity.review.dismissed',
  resolved: 'verity.review.resolved',
  findings: 'verity.review.findings',
};

export class ReviewMemory {
  private readonly store: Store;
  private readonly dismissed: Set<string>;
  private readonly resolved: Set<string>;

  constructor(store: Store) {
    this.store = store;
    this.dismissed = new Set(read(store, KEYS.dismissed, z.string()));
    this.resolved = new Set(read(store, KEYS.resolved, z.string()));
  }

  /** What an older version stored in another form is forgotten. */
  get findings(): Finding[] {
    return read(this.store, KEYS.findings, Finding);
  }

  set findings(findings: readonly Finding[]) {
    void this.store.update(KEYS.findings, findings.slice(-MAX_FINDINGS));
  }

  isDismissed(fingerprint: string): boolean {
    return this.dismissed.has(fingerprint);
  }

  isResolved(fingerprint: string): boolean {
    return this.resolved.has(fingerprint);
  }

  dismiss(fingerprint: string): void {
    this.dismissed.add(fingerprint);
    this.write(KEYS.dismissed, this.dismissed);
  }

  /** Dismissed findings may come back. Answers how many there were. */
  forgetDismissed(): number {
    const count = this.dismissed.size;
    this.dismissed.clear();
    this.write(KEYS.dismissed, this.dismissed);
    return count;
  }

  setResolved(fingerprint: string, resolved: boolean): void {
    if (resolved) this.resolved.add(fingerprint);
    else this.resolved.delete(fingerprint);
    this.write(KEYS.resolved, this.resolved);
  }

  private write(key: string, fingerprints: Set<string>): void {
    void this.store.update(key, [...fingerprints].slice(-MAX_FINGERPRINTS));
  }
}

function read<Value>(store: Store, key: string, schema: z.ZodType<Value>): Value[] {
  const list = z.array(z.unknown()).safeParse(store.get(key));
  return (list.data ?? []).flatMap((raw) => {
    const parsed = schema.safeParse(raw);
    return parsed.success ? [parsed.data] : [];
  });
}
