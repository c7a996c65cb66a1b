/** Which checkpoint a role uses and how it is asked: the embedded model, or a directory the user names. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { FAMILIES, type FamilyName } from '../judge/prompts/families.ts';
import { Calibration } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import { cacheRoot, findSnapshot } from './hub/cache.ts';
import { REPOSITORY_ID } from './hub/repository.ts';

/** What a model does for its user, and the embedded one that does it unless the user names another. */
export const ROLES = {
  judge: 'nano-judge',
  policy: 'nano-complete',
  safety: 'nano-safety',
  deduction: 'nano-deduction',
} as const;
export type Role = keyof typeof ROLES;

export interface ResolvedModel {
  id: string;
  directory: string;
  maxContext?: number;
}

export interface ResolvedJudge extends ResolvedModel {
  family: FamilyName;
  /** Of its confidence, if it was calibrated. */
  calibration?: Calibration;
}

/** What a checkpoint made for Verity says of itself, in verity.json beside config.json; each role reads its part. */
const Manifest = z.object({ contextLength: z.number().int().positive().optional() });
const JudgeManifest = Manifest.extend({
  promptFamily: z.enum(Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]]).optional(),
  calibration: Calibration.optional(),
});

/**
 * Finds a role's model: a directory, an embedded model's id, a repository in Hugging Face's cache, or the embedded model
 * of the role.
 * @throws VerityError badInput if there is no such directory, badModel if its verity.json is not valid.
 */
export async function resolveModel(role: Role, given?: string): Promise<ResolvedModel> {
  const found = await find(given ?? ROLES[role]);
  return described(found, await readManifest(found.directory, Manifest));
}

/** The judge, and how it is asked. @throws VerityError as resolveModel. */
export async function resolveJudge(given?: string): Promise<ResolvedJudge> {
  const found = await find(given ?? ROLES.judge);
  const manifest = await readManifest(found.directory, JudgeManifest);
  const { promptFamily, calibration } = manifest;
  return {
    ...described(found, manifest),
    family: promptFamily ?? (await guessFamily(found.directory)),
    ...(calibration !== undefined && { calibration }),
  };
}

type Found = Pick<ResolvedModel, 'id' | 'directory'>;

const described = (found: Found, { contextLength }: z.output<typeof Manifest>): ResolvedModel => ({
  ...found,
  ...(contextLength !== undefined && { maxContext: contextLength }),
});

/** A directory comes before a repository of the same name, and is called by its own. */
async function find(given: string): Promise<Found> {
  const directory = isEmbedded(given) ? embedded(given) : resolve(given);
  if (await isDirectory(directory)) return { id: basename(directory), directory };
  if (!REPOSITORY_ID.test(given))
    throw new VerityError(
      'badInput',
      `There is no model directory ${directory}; give one that holds config.json and safetensors.`,
    );
  const snapshot = await findSnapshot(cacheRoot(), given);
  if (snapshot !== undefined) return { id: given, directory: snapshot };
  throw new VerityError(
    'badInput',
    `There is neither a directory ${given} nor a model ${given} in Hugging Face's cache; load it with: verity models get ${given}`,
  );
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

const isEmbedded = (id: string): boolean => (Object.values(ROLES) as string[]).includes(id);

/** models/ lies beside dist/ in an installed extension, and two levels above this file in the sources. */
function embedded(id: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, '..', 'models'), join(here, '..', '..', 'models')];
  const models = candidates.find((folder) => existsSync(join(folder, ROLES.judge))) ?? candidates[0]!;
  return join(models, id);
}

/**
 * A role's part of a directory's verity.json, empty without the file.
 * @throws VerityError badModel if it is not valid.
 */
export async function readManifest<Schema extends z.ZodType>(
  directory: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const file = join(directory, 'verity.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : 'it is no JSON';
    throw new VerityError(
      'badModel',
      `${file} is not valid: ${why}. Take the file that came with the model.`,
    );
  }
}

/** A chat template that opens or strips `<think>` belongs to a model that reasons before it answers. */
async function guessFamily(directory: string): Promise<FamilyName> {
  const files = ['chat_template.jinja', 'tokenizer_config.json'].map((name) => join(directory, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.some((text) => text.includes('</think>')) ? 'reasoning' : 'rubrics';
}
