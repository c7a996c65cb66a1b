/** The models of one command: in workers of their own, which are gone afterwards. */
import type { Status } from '../protocol/requests.ts';
import type { DevicePreference } from '../runtime/devices/device.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import { machineMemory } from '../service/memory.ts';
import type { PooledModel } from '../service/model-pool.ts';
import { ModelService } from '../service/model-service.ts';
import { VERSION, workerFile } from '../bundle.ts';
import { Progress } from './print.ts';

/** What the commands that run models have in common. */
export interface ModelOptions {
  /** Directory or id by role. */
  model: Record<string, string>;
  dtype?: DtypeChoice;
  device?: DevicePreference;
}

export async function withModels<Result>(
  models: readonly PooledModel[],
  { dtype = 'auto', device = 'auto' }: Pick<ModelOptions, 'dtype' | 'device'>,
  task: (service: ModelService) => Promise<Result>,
  progress = new Progress(),
): Promise<Result> {
  const onStatus = ({ models: all }: Status) => {
    const percent = all.find(({ quantizedPercent }) => quantizedPercent !== undefined)?.quantizedPercent;
    if (percent !== undefined) progress.quantized(percent);
  };
  const service = new ModelService({
    version: VERSION,
    workerFile,
    models,
    dtype,
    device,
    freshProbe: device !== 'auto',
    // The command is the one thing its user waits for, and gives everything back at its end.
    memoryLimit: machineMemory(),
    onStatus,
  });
  try {
    return await task(service);
  } finally {
    progress.end();
    await service.dispose();
  }
}
