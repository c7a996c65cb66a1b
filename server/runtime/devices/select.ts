/** From what the user prefers to a device that works on this machine: probes what is not known yet, and chooses. */
import { arch, platform, release } from 'node:os';
import { env, listSupportedBackends } from 'onnxruntime-node';
import { userCacheDirectory } from '../user-cache.ts';
import { choose, toProbe } from './choose.ts';
import type { ChosenDevice, DevicePreference } from './device.ts';
import { ProbeMemo } from './memo.ts';
import { probe, type ProbeOptions } from './probe.ts';

export interface SelectOptions extends ProbeOptions {
  /** Probe even what is remembered. */
  fresh?: boolean;
  /** Where results are remembered; the user's cache folder if left out. */
  memoDirectory?: string;
}

/** @throws VerityError badInput if a device is asked for that does not work; it says why. */
export async function selectDevice(
  preference: DevicePreference,
  options: SelectOptions,
): Promise<ChosenDevice> {
  const supported = listSupportedBackends().map(({ name }) => name);
  const wanted = toProbe(preference, supported);
  if (wanted.length === 0) return choose(preference, supported, {});
  const memo = new ProbeMemo(
    options.memoDirectory ?? userCacheDirectory('devices'),
    circumstances(supported),
  );
  const known = await memo.read();
  const missing = wanted.filter((device) => options.fresh || known[device] === undefined);
  // One after the other: they would disturb each other's timing.
  for (const device of missing) known[device] = await probe(device, options);
  if (missing.length > 0) await memo.write(known);
  return choose(preference, supported, known);
}

/** Electron and Node bring different libraries with them. */
const circumstances = (supported: string[]): string[] => [
  env.versions.node ?? '',
  process.versions['electron'] ?? '',
  platform(),
  release(),
  arch(),
  ...supported,
];
