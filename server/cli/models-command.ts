/** `verity models`: what is on this machine, what there is, and how it gets here. */
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG, type CatalogEntry, fittingDtype, memoryFor } from '../catalog/catalog.ts';
import {
  cacheRoot,
  type CachedModel,
  huggingFaceHome,
  listCached,
  removeCached,
} from '../catalog/hub/cache.ts';
import { Hub } from '../catalog/hub/hub.ts';
import { downloadModel, type ModelProgress } from '../catalog/hub/models.ts';
import { VerityError } from '../runtime/errors.ts';
import { gigabytes } from '../runtime/sizes.ts';
import { machineMemory } from '../service/memory.ts';
import { exitWith } from './exit.ts';

interface Json {
  json?: boolean;
}

/** Adds the command and its own commands. */
export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('Models on this machine and on the Hugging Face hub.');
  models
    .command('list', { isDefault: true })
    .description("Models in Hugging Face's cache on this machine.")
    .option('--json', 'print one JSON object')
    .action((options: Json) => exitWith(() => listModels(options)));
  models
    .command('catalog')
    .description('Models that suit Verity, with the memory they need.')
    .option('--json', 'print one JSON object')
    .action((options: Json) => exitWith(() => printCatalog(options)));
  models
    .command('get')
    .description(
      'Load a model from the hub, or what is missing of it; Ctrl-C pauses, the same command goes on.',
    )
    .argument('<id>', 'like Qwen/Qwen3-0.6B')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .option('--json', 'print one JSON object')
    .addHelpText('after', ENVIRONMENT)
    .action((id: string, options: Json & { revision: string }) =>
      exitWith((signal) => getModel(id, options, signal)),
    );
  models
    .command('remove')
    .description('Delete a model from the cache, unfinished downloads too.')
    .argument('<id>', 'like Qwen/Qwen3-0.6B')
    .action((id: string) => exitWith(() => removeModel(id)));
}

const ENVIRONMENT = `
Environment:
  HF_TOKEN                 token for gated and private models (else the one of "hf auth login")
  HF_ENDPOINT              a mirror in place of https://huggingface.co
  HF_HUB_CACHE, HF_HOME    where the cache is
  HF_HUB_OFFLINE=1         load nothing
  HTTPS_PROXY, NO_PROXY    the way there`;

async function listModels({ json = false }: Json): Promise<void> {
  const root = cacheRoot();
  const models = await listCached(root);
  if (json) console.log(JSON.stringify({ cache: root, models }));
  else if (models.length === 0) console.log(`There are no models in ${root}. See: verity models catalog`);
  else for (const model of models) console.log(line(model));
}

const line = ({ id, bytes, directory }: CachedModel): string =>
  `${gigabytes(bytes).padStart(8)}  ${id}${directory === undefined ? '  (incomplete: get it again to go on)' : ''}`;

function printCatalog({ json = false }: Json): void {
  const memory = machineMemory();
  const rows = CATALOG.map((entry) => ({
    ...entry,
    memory: { int8: memoryFor(entry.parameters, 'int8'), int4: memoryFor(entry.parameters, 'int4') },
    fits: fittingDtype(entry.parameters, memory) ?? null,
  }));
  if (json) console.log(JSON.stringify({ memory, models: rows }));
  else for (const row of rows) console.log(described(row, row.fits));
}

function described(entry: CatalogEntry, fits: 'int8' | 'int4' | null): string {
  const { id, roles, parameters, licence, isGated, checked, purpose } = entry;
  const needed = gigabytes(memoryFor(parameters, fits ?? 'int4'));
  const size = fits === null ? `needs ${needed}, too large here` : `${needed} in ${fits}`;
  const notes = [
    licence,
    ...(isGated ? ['gated'] : []),
    ...(checked === 'nothing' ? ['not checked by us'] : []),
  ];
  return `${id}  (${roles.join(', ')}; ${size})\n    ${purpose}; ${notes.join(', ')}`;
}

async function getModel(
  id: string,
  { revision, json = false }: Json & { revision: string },
  signal: AbortSignal,
): Promise<void> {
  const { HF_ENDPOINT, HF_HUB_OFFLINE = '' } = process.env;
  if (/^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE))
    throw new VerityError('badInput', 'HF_HUB_OFFLINE is set, so nothing is loaded; unset it first.');
  const hub = new Hub({ endpoint: HF_ENDPOINT, token: await userToken() });
  const progress = new DownloadProgress();
  try {
    const directory = await downloadModel(hub, cacheRoot(), id, {
      revision,
      signal,
      onProgress: (now) => progress.show(now),
    });
    progress.end();
    console.log(json ? JSON.stringify({ id, revision, directory }) : directory);
  } finally {
    progress.end();
  }
}

/** As huggingface_hub finds it. */
async function userToken(): Promise<string | undefined> {
  const { HF_TOKEN, HF_TOKEN_PATH } = process.env;
  if (HF_TOKEN) return HF_TOKEN;
  const file = HF_TOKEN_PATH ?? join(huggingFaceHome(), 'token');
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim() || undefined;
}

async function removeModel(id: string): Promise<void> {
  if (!(await removeCached(cacheRoot(), id)))
    throw new VerityError('badInput', `There is no ${id} in ${cacheRoot()}; see: verity models list`);
}

/** On a terminal one line that is rewritten; elsewhere a line for each file. */
class DownloadProgress {
  private file = '';
  private readonly live = process.stderr.isTTY;

  show({ file, receivedBytes, totalBytes, bytesPerSecond, secondsLeft }: ModelProgress): void {
    if (!this.live) {
      if (file !== this.file) process.stderr.write(`loading ${file}\n`);
      this.file = file;
      return;
    }
    const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
    const share = Math.floor((100 * receivedBytes) / Math.max(1, totalBytes));
    process.stderr.write(`\r\x1b[K${share} %, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s${left}  ${file}`);
  }

  end(): void {
    if (this.live) process.stderr.write('\r\x1b[K');
  }
}

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
