/** What runs, and how the latest requests ended. */
import { window } from 'vscode';
import type { CacheStatus, ModelStatus } from '../../server/protocol/requests.ts';
import type { Verity } from '../verity.ts';

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

/** A model's state in one line. */
export function describeModel(model: ModelStatus): string {
  const parts = [`${model.id}: ${model.state}`, `${model.dtype} on ${model.device}`];
  if (model.parameters !== undefined) parts.push(`${(model.parameters / 1e6).toFixed(1)} M parameters`);
  if (model.memoryBytes !== undefined) parts.push(`${megabytes(model.memoryBytes)} in its process`);
  if (model.requests !== undefined)
    parts.push(`${model.requests.running} running, ${model.requests.waiting} waiting`);
  if (model.lastUse !== undefined) parts.push(`last used ${new Date(model.lastUse).toLocaleTimeString()}`);
  if (model.deaths > 0)
    parts.push(`its process died ${model.deaths === 1 ? 'once' : `${model.deaths} times`}`);
  if (model.error !== undefined) parts.push(model.error);
  return parts.join(' · ');
}

/** How full the model's cache is, and how much work it saved. */
export function describeCache(cache: CacheStatus): string {
  const asked = cache.forwardedTokens + cache.reusedTokens;
  const saved = asked === 0 ? 0 : Math.round((100 * cache.reusedTokens) / asked);
  return [
    `${cache.livePositions} positions, ${cache.pinnedPositions} in use`,
    `${megabytes(cache.usedBytes)} of ${megabytes(cache.capacityBytes)}, ${megabytes(cache.pinnedBytes)} in use`,
    `${cache.forwardedTokens} computed, ${cache.reusedTokens} reused (${saved} %)`,
    `${megabytes(cache.bytesMoved)} moved`,
  ].join(' · ');
}

function modelItems(model: ModelStatus) {
  const { deviceReason, cache } = model;
  return [
    { label: '$(law) Model', detail: describeModel(model) },
    ...(deviceReason === undefined ? [] : [{ label: '$(chip) Device', detail: deviceReason }]),
    ...(cache === undefined ? [] : [{ label: '$(database) Cache', detail: describeCache(cache) }]),
  ];
}

export async function showStatus(verity: Verity): Promise<void> {
  try {
    const status = await verity.server.status();
    const { queue, memory } = status;
    const items = [
      ...status.models.flatMap(modelItems),
      { label: '$(list-ordered) Requests', detail: `${queue.running} running, ${queue.waiting} waiting` },
      {
        label: '$(server-process) Memory',
        detail: `models take ${megabytes(memory.heldBytes)} of ${megabytes(memory.limitBytes)}`,
      },
      ...status.outcomes.toReversed().map(({ request, outcome, ms, at, reason }) => ({
        label: `$(history) ${request}: ${outcome}`,
        description: `${new Date(at).toLocaleTimeString()} · ${Math.round(ms)} ms`,
        ...(reason !== undefined && { detail: reason }),
      })),
    ];
    await window.showQuickPick(items, {
      title: `Verity ${status.version}`,
      placeHolder: 'Everything runs on this machine',
    });
  } catch (error) {
    await window.showErrorMessage(
      `Verity: the server cannot be started: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export async function explainLatest(verity: Verity): Promise<void> {
  const { outcomes } = await verity.server.status();
  const last = outcomes.at(-1);
  const message =
    last === undefined
      ? 'nothing was asked of the server yet.'
      : `the last request (${last.request}) was ${last.outcome}${last.reason === undefined ? '' : `: ${last.reason}`}.`;
  await window.showInformationMessage(`Verity: ${message}`);
}
