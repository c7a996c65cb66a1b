/** A finding as the editor shows it and keeps it across reloads. */
import { z } from 'zod';
import { JudgedHunk, LineRange } from '../../server/protocol/judgment.ts';

/** What was compared. The patch is a file's URI. */
export const Source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('workingTree') }),
  z.object({ kind: z.literal('staged') }),
  z.object({ kind: z.literal('lastCommit') }),
  z.object({ kind: z.literal('branch'), base: z.string() }),
  z.object({ kind: z.literal('patch'), uri: z.string() }),
]);
export type Source = z.infer<typeof Source>;

export const Finding = z.object({
  /** The document that shows it. */
  uri: z.string(),
  /** The file that was reviewed; of a patch without its files, the document is the patch. */
  file: z.string(),
  source: Source,
  names: z.object({ A: z.string(), B: z.string() }),
  judged: JudgedHunk,
  anchor: z.object({
    lines: z.array(z.string()),
    head: z.number(),
    changed: z.number(),
    startLine: z.number(),
  }),
  /** Where it lies in the document now. */
  range: LineRange,
  resolved: z.boolean(),
});
export type Finding = z.infer<typeof Finding>;
