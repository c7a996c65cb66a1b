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
import { openAdapter } from '../safety/reward-model/adapter.ts';
import type { RewardModelFiles } from '../safety/reward-model/open.ts';
import { type FrameName, FRAMES } from '../safety/rewards/frame.ts';

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

/** A multifurcation reward model: an adapter on a base. */
export interface ResolvedSafety extends Pick<ResolvedModel, 'id' | 'maxContext'> {
  files: RewardModelFiles;
  frame: FrameName;
  /** Completions of a lower reward are not shown. */
  threshold: number;
}

/** What a checkpoint made for Verity says of itself, in verity.json beside config.json; each role reads its part. */
const Manifest = z.object({ contextLength: z.number().int().positive().optional() });
const JudgeManifest = z.object({
  promptFamily: z.enum(Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]]).optional(),
  calibration: Calibration.optional(),
});

const SafetyManifest = z.object({
  /** The base's id or folder; what the adapter itself names if left out. */
  base: z.string().optional(),
  /** The published reward models read conversations. */
  frame: z.enum(FRAMES).default('chat'),
  threshold: z.number().default(0),
});

/**
 * Finds a role's model: a directory, an embedded model's id, a repository in Hugging Face's cache, or the embedded model
 * of the role.
 * @throws VerityError badInput if there is no such directory, badModel if its verity.json is not valid.
 */
export async function resolveModel(role: Role, given?: string): Promise<ResolvedModel> {
  const directory = await directoryOf(role, given ?? ROLES[role]);
  const { contextLength } = await readManifest(directory, Manifest);
  return {
    id: given !== undefined && REPOSITORY_ID.test(given) ? given : basename(directory),
    directory,
    ...(contextLength !== undefined && { maxContext: contextLength }),
  };
}

/** A directory comes before a repository of the same name. */
async function directoryOf(role: Role, given: string): Promise<string> {
  const directory = isEmbedded(given) ? embedded(given) : resolve(given);
  if (await isDirectory(directory)) return directory;
  if (isEmbedded(given))
    throw new VerityError(
      'badInput',
      `This installation has no ${given}; name another model for the role ${role} in the settings or by --model ${role}=DIRECTORY.`,
    );
  if (!REPOSITORY_ID.test(given))
    throw new VerityError(
      'badInput',
      `There is no model directory ${directory}; give one that holds config.json and safetensors.`,
    );
  const snapshot = await findSnapshot(cacheRoot(), given);
  if (snapshot !== undefined) return snapshot;
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

/** The judge, and how it is asked. @throws VerityError as resolveModel. */
export async function resolveJudge(given?: string): Promise<ResolvedJudge> {
  const model = await resolveModel('judge', given);
  const { promptFamily, calibration } = await readManifest(model.directory, JudgeManifest);
  return {
    ...model,
    family: promptFamily ?? (await guessFamily(model.directory)),
    ...(calibration !== undefined && { calibration }),
  };
}

/** The embedded model that follows a team's roles on small arithmetic; a model that completes code cannot. */
const SOLVER = 'nano-solver';

/**
 * The policy of a team of agents: a chat model.
 * @throws VerityError badInput if none is named and none is embedded; else as resolveModel.
 */
export async function resolveSolver(given?: string): Promise<ResolvedModel> {
  if (given === undefined && !existsSync(embedded(SOLVER)))
    throw new VerityError(
      'badInput',
      'Verity has no embedded model that can work in a team. Name the directory of a chat model (Llama, Qwen2 or Qwen3), on the command line with --model policy=DIRECTORY.',
    );
  return resolveModel('policy', given ?? SOLVER);
}

/** The reward model, and how it is asked. @throws VerityError as resolveModel, badModel if its base is not to be found. */
export async function resolveSafety(given?: string): Promise<ResolvedSafety> {
  const { id, directory, ...model } = await resolveModel('safety', given);
  const { frame, threshold, base } = await readManifest(directory, SafetyManifest);
  const baseName = base ?? (await openAdapter(directory)).baseName;
  const baseDirectory = await findBase(directory, baseName);
  if (baseDirectory === undefined)
    throw new VerityError(
      'badModel',
      `The reward model in ${directory} was trained on ${baseName}, which is not at hand. ` +
        'Put that checkpoint beside it, or name its folder as "base" in verity.json there.',
    );
  const { contextLength } = await readManifest(baseDirectory, Manifest);
  return {
    ...(contextLength !== undefined && { maxContext: contextLength }),
    ...model,
    id,
    files: { base: baseDirectory, adapter: directory },
    frame,
    threshold,
  };
}

/** Embedded, a folder as seen from the adapter or beside it, or a repository in Hugging Face's cache. */
async function findBase(adapter: string, name: string): Promise<string | undefined> {
  const snapshot = REPOSITORY_ID.test(name) ? await findSnapshot(cacheRoot(), name) : undefined;
  const places = [
    ...(isEmbedded(name) ? [embedded(name)] : []),
    resolve(adapter, name),
    join(dirname(adapter), basename(name)),
    ...(snapshot === undefined ? [] : [snapshot]),
  ];
  return places.find((place) => existsSync(join(place, 'config.json')));
}

const isEmbedded = (id: string): boolean => id === SOLVER || (Object.values(ROLES) as string[]).includes(id);

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
