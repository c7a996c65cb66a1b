/** A hunk's identity by content: the same in every file and at every line, so that what a user dismissed stays away. */
import { createHash } from 'node:crypto';

/** Of the removed and the added lines. Indentation, inner spacing and blank lines do not count. */
export function fingerprint(removed: readonly string[], added: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([normalized(removed), normalized(added)]))
    .digest('hex')
    .slice(0, 32);
}

const normalized = (lines: readonly string[]): string[] =>
  lines.map((line) => line.trim().replace(/\s+/g, ' ')).filter((line) => line !== '');
