/** Which checkpoint a role uses and how it is asked: the embedded model, or a directory the user names. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { FAMILIES, type FamilyName } from '../judge/prompts/families.ts';
import { Calibration } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';

export interface ResolvedModel {
  id: string;
  directory: string;
  family: FamilyName;
  maxContext?: number;
  /** Of the judge's confidence, if it was calibrated. */
  calibration?: Calibration;
}

const EMBEDDED_JUDGE = 'nano-judge';

/** What a checkpoint made for Verity says of itself, in verity.json beside config.json. */
const VerityManifest = z.object({
  promptFamily: z.enum(Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]]),
  contextLength: z.number().int().positive().optional(),
  calibration: Calibration.optional(),
});

/**
 * Finds the judge: a directory, an embedded model's id, or the embedded judge.
 * @throws VerityError badInput if there is no such directory, badModel if its verity.json is not valid.
 */
export async function resolveJudge(given: string | undefined): Promise<ResolvedModel> {
  const directory = given === undefined || given === EMBEDDED_JUDGE ? embeddedDirectory() : resolve(given);
  const isDirectory = await stat(directory).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!isDirectory)
    throw new VerityError(
      'badInput',
      `There is no model directory ${directory}; give one that holds config.json and safetensors.`,
    );
  const manifest = await readManifest(join(directory, 'verity.json'));
  return {
    id: basename(directory),
    directory,
    family: manifest?.promptFamily ?? (await guessFamily(directory)),
    ...(manifest?.contextLength !== undefined && { maxContext: manifest.contextLength }),
    ...(manifest?.calibration !== undefined && { calibration: manifest.calibration }),
  };
}

/** models/ lies beside dist/ in an installed extension, and two levels above this file in the sources. */
function embeddedDirectory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, '..', 'models'), join(here, '..', '..', 'models')];
  const models = candidates.find((folder) => existsSync(join(folder, EMBEDDED_JUDGE))) ?? candidates[0]!;
  return join(models, EMBEDDED_JUDGE);
}

async function readManifest(file: string): Promise<z.infer<typeof VerityManifest> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return VerityManifest.parse(JSON.parse(text));
  } catch {
    throw new VerityError(
      'badModel',
      `${file} is not valid: it needs a promptFamily of ${Object.keys(FAMILIES).join(', ')}.`,
    );
  }
}

/** A chat template that opens or strips `<think>` belongs to a model that reasons before it answers. */
async function guessFamily(directory: string): Promise<FamilyName> {
  const files = ['chat_template.jinja', 'tokenizer_config.json'].map((name) => join(directory, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.some((text) => text.includes('</think>')) ? 'reasoning' : 'rubrics';
}
