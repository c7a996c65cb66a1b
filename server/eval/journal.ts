/**
 * The journal of an evaluation: JSON lines, first what is evaluated, then each comparison's outcome as it comes. A run
 * that was cut off anywhere goes on from it.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VerityError } from '../runtime/errors.ts';
import { Outcome } from './outcome.ts';

/** What must be the same for outcomes to belong together. */
const Identity = z.object({
  /** Raised when a line's meaning changes. */
  journal: z.literal(1),
  benchmark: z.string(),
  data: z.string(),
  model: z.string(),
  promptFamily: z.string(),
  prompt: z.string(),
  dtype: z.string(),
  device: z.string(),
  verity: z.string(),
});
export type Identity = z.infer<typeof Identity>;

const Line = z.object({ key: z.string(), outcome: Outcome });

/** In the words of the message that says why an evaluation starts anew. */
const PARTS: Record<keyof Identity, string> = {
  journal: 'the format of such files',
  benchmark: '--format',
  data: 'the data',
  model: 'the model',
  promptFamily: "the model's prompt family",
  prompt: 'the prompt',
  dtype: '--dtype',
  device: '--device',
  verity: "Verity's version",
};

export interface Kept {
  outcomes: Map<string, Outcome>;
  /** Why nothing was kept of a journal that was there. */
  anew?: string;
}

export class Journal {
  readonly file: string;
  private readonly handle: FileHandle;

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.handle = handle;
  }

  /**
   * Opens a journal for writing, with the outcomes in it if it is to be resumed and is about the same.
   * @throws VerityError badInput if the file cannot be written.
   */
  static async open(file: string, identity: Identity, resume: boolean): Promise<Kept & { journal: Journal }> {
    const kept = resume ? await readJournal(file, identity) : { outcomes: new Map<string, Outcome>() };
    const handle = await open(file, 'w').catch((error: unknown) => {
      throw new VerityError(
        'badInput',
        `Cannot write ${file}: ${error instanceof Error ? error.message : ''}`,
      );
    });
    const journal = new Journal(file, handle);
    // Written anew, so that a half line at its end is gone before more is appended.
    const lines = [identity, ...[...kept.outcomes].map(([key, outcome]) => ({ key, outcome }))];
    await handle.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return { ...kept, journal };
  }

  async append(key: string, outcome: Outcome): Promise<void> {
    await this.handle.appendFile(`${JSON.stringify({ key, outcome })}\n`);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function readJournal(file: string, identity: Identity): Promise<Kept> {
  const text = await readFile(file, 'utf8').catch(() => '');
  // What follows the last line end was cut off while it was written.
  const [first, ...lines] = text.split('\n').slice(0, -1);
  const outcomes = new Map<string, Outcome>();
  if (first === undefined) return { outcomes };
  const earlier = Identity.safeParse(parseOrNothing(first));
  if (!earlier.success) return { outcomes, anew: 'it is not the journal of an evaluation' };
  const changed = (Object.keys(PARTS) as (keyof Identity)[]).filter(
    (part) => earlier.data[part] !== identity[part],
  );
  if (changed.length > 0)
    return { outcomes, anew: `${changed.map((part) => PARTS[part]).join(' and ')} changed` };
  for (const line of lines) {
    const parsed = Line.safeParse(parseOrNothing(line));
    if (parsed.success) outcomes.set(parsed.data.key, parsed.data.outcome);
  }
  return { outcomes };
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
