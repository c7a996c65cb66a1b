/**
 * A model's worker process. It loads one checkpoint and serves requests for it, so that a native crash or a lack of
 * memory ends this process alone, and its exit gives all memory back.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selectDevice } from '../devices/select.ts';
import { VerityError } from '../errors.ts';
import { type LoadedModel, loadLanguageModel } from '../load.ts';
import type { QuantizeHooks } from '../quantize/write.ts';
import { Branches } from './branches.ts';
import {
  BatchToWorker,
  type FromWorker,
  type ToWorker,
  type WorkerOptions,
  type WorkerRequest,
} from './messages.ts';

const REPORT_MS = 2000;

/** The probe's bundle lies beside this one. */
const probeFile = join(dirname(fileURLToPath(import.meta.url)), 'probe.mjs');

/** Requests that have arrived and are not answered yet. */
const accepted = new Map<number, AbortController>();
const branches = new Branches();
let model: LoadedModel | undefined;

const send = (message: FromWorker): void => void process.send?.(message);

async function perform(message: WorkerRequest, signal: AbortSignal): Promise<unknown> {
  if (message.kind === 'load') {
    const onProgress = (done: number, total: number) =>
      send({ kind: 'progress', id: message.id, done, total });
    model = await load(message.directory, message.options, { onProgress, signal });
    return model.info;
  }
  if (model === undefined) throw new VerityError('badInput', 'No model has been loaded.');
  switch (message.kind) {
    case 'countTokens':
      return model.countTokens(message.prompt, signal);
    case 'evaluate':
      return model.evaluate(message.tokens, signal);
    case 'open':
      return branches.open(await model.tokens(), message, signal);
    case 'append':
      return branches.append(message, signal);
    case 'splice':
      return branches.splice(message);
    case 'realign':
      return (await model.tokens()).realign(message.hidden, signal);
    case 'generate': {
      const onText = (delta: string) => send({ kind: 'text', id: message.id, delta });
      const onBegin = () => send({ kind: 'begun', id: message.id });
      return model.generate(message.request, { onText, onBegin, signal });
    }
  }
}

async function load(
  directory: string,
  { device: preference = 'cpu', freshProbe: fresh = false, ...options }: WorkerOptions,
  hooks: QuantizeHooks,
): Promise<LoadedModel> {
  const device = await selectDevice(preference, { probeFile, fresh });
  return loadLanguageModel(directory, { ...options, device }, hooks);
}

async function answer(message: WorkerRequest, { signal }: AbortController): Promise<void> {
  const { id } = message;
  try {
    signal.throwIfAborted();
    send({ kind: 'result', id, value: await perform(message, signal) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (signal.aborted) send({ kind: 'error', id, error: 'aborted', message: 'cancelled' });
    else
      send({
        kind: 'error',
        id,
        error: error instanceof VerityError ? error.kind : 'internal',
        message: text,
      });
  } finally {
    accepted.delete(id);
    reportSoon();
  }
}

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'cancel':
      accepted.get(message.id)?.abort();
      break;
    case 'fork':
      branches.fork(message);
      break;
    case 'release':
      branches.release(message);
      break;
    default: {
      const controller = new AbortController();
      accepted.set(message.id, controller);
      void answer(message, controller);
      reportSoon();
    }
  }
}

process.on('message', (raw) => {
  for (const message of BatchToWorker.parse(raw)) receive(message);
});

// Nobody is left to answer: no worker outlives its owner.
process.on('disconnect', () => process.exit(0));

function report(): void {
  const loaded = model && { cache: model.cache, requests: model.requests };
  send({ kind: 'report', residentBytes: process.memoryUsage.rss(), ...(loaded && { loaded }) });
}

let isReportDue = false;

/** One report for all that comes and goes at once. */
function reportSoon(): void {
  if (isReportDue) return;
  isReportDue = true;
  setImmediate(() => {
    isReportDue = false;
    report();
  });
}

setInterval(report, REPORT_MS).unref();
