/** What runs, and how the latest requests ended. */
import { window } from 'vscode';
import type { CacheStatus, Status } from '../../server/protocol/requests.ts';
import type { Verity } from '../verity.ts';

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

/** The model's state in one line. */
export function describeModel({ model }: Status): string {
  const parts = [`${model.id}: ${model.state}`, `${model.dtype} on ${model.device}`];
  if (model.parameters !== undefined) parts.push(`${(model.parameters / 1e6).toFixed(1)} M parameters`);
  if (model.memoryBytes !== undefined) parts.push(`${megabytes(model.memoryBytes)} in its process`);
  if (model.restarts > 0) parts.push(`restarted ${model.restarts} times`);
  if (model.error !== undefined) parts.push(model.error);
  return parts.join(' · ');
}

/** How full the model's cache is, and how much work it saved. */
export function describeCache(cache: CacheStatus): string {
  const asked = cache.forwardedTokens + cache.reusedTokens;
  const saved = asked === 0 ? 0 : Math.round((100 * cache.reusedTokens) / asked);
  return [
    `${cache.livePositions} positions, ${cache.pinnedPositions} in use`,
    `${megabytes(cache.usedBytes)} of ${megabytes(cache.capacityBytes)}`,
    `${cache.forwardedTokens} computed, ${cache.reusedTokens} reused (${saved} %)`,
    `${megabytes(cache.bytesMoved)} moved`,
  ].join(' · ');
}

export async function showStatus(verity: Verity): Promise<void> {
  try {
    const status = await verity.server.status();
    const queue = `${status.queue.running} running, ${status.queue.waiting} waiting`;
    const items = [
      { label: '$(law) Model', detail: describeModel(status) },
      ...(status.model.deviceReason === undefined
        ? []
        : [{ label: '$(chip) Device', detail: status.model.deviceReason }]),
      ...(status.model.cache === undefined
        ? []
        : [{ label: '$(database) Cache', detail: describeCache(status.model.cache) }]),
      { label: '$(list-ordered) Requests', detail: queue },
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
