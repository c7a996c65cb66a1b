/** Which device a model runs on. Pure: what works has been probed before. */
import { VerityError } from '../errors.ts';
import {
  type Accelerator,
  ACCELERATORS,
  type ChosenDevice,
  DEVICE_NAMES,
  type DevicePreference,
  type ProbeResult,
} from './device.ts';

export type ProbeResults = Partial<Record<Accelerator, ProbeResult>>;

/** Accelerators that a preference needs probed, among those this build of ONNX Runtime knows. */
export const toProbe = (preference: DevicePreference, supported: readonly string[]): Accelerator[] =>
  ACCELERATORS.filter((device) => [device, 'auto'].includes(preference) && supported.includes(device));

/**
 * An explicit preference is met or refused; `auto` takes the fastest that works, the CPU included.
 * @param supported Providers that this build of ONNX Runtime knows.
 * @param results A result for each of `toProbe`.
 * @throws VerityError badInput if the preferred device does not work; it says why.
 */
export function choose(
  preference: DevicePreference,
  supported: readonly string[],
  results: ProbeResults,
): ChosenDevice {
  if (preference === 'cpu') return { device: 'cpu', reason: 'The CPU was asked for.' };
  if (preference === 'auto') return fastest(toProbe(preference, supported), results);
  const result = supported.includes(preference) ? results[preference] : NOT_BUNDLED;
  if (result?.works)
    return {
      device: preference,
      reason: `${DEVICE_NAMES[preference]} was asked for.`,
      ...limited(result),
    };
  throw new VerityError(
    'badInput',
    `${DEVICE_NAMES[preference]} cannot be used: ${result?.message ?? 'it was not tested'}. ` +
      'Choose the device auto or cpu, or repair the driver and restart the server, which tests it again.',
  );
}

const NOT_BUNDLED: ProbeResult = {
  works: false,
  cause: 'notBundled',
  message: 'this build of ONNX Runtime does not know it',
};

function fastest(candidates: Accelerator[], results: ProbeResults): ChosenDevice {
  const tested = candidates.map((device) => ({ device, result: results[device] }));
  const faster = tested
    .flatMap(({ device, result }) => (result?.works ? [{ device, ...result }] : []))
    .filter(({ ms, cpuMs }) => ms < cpuMs)
    .sort((a, b) => a.ms - b.ms);
  const [best] = faster;
  if (best !== undefined)
    return {
      device: best.device,
      reason: `${DEVICE_NAMES[best.device]} is faster than the CPU here: ${times(best)} in a test.`,
      ...limited(best),
    };
  const why = tested.map(({ device, result }) => `${DEVICE_NAMES[device]}: ${against(result)}`);
  return {
    device: 'cpu',
    reason: why.length === 0 ? 'ONNX Runtime knows no other device here.' : `${why.join('; ')}.`,
  };
}

const limited = ({ rowLimit }: { rowLimit: number | null }) => (rowLimit === null ? {} : { rowLimit });

const against = (result: ProbeResult | undefined): string =>
  result === undefined
    ? 'it was not tested'
    : result.works
      ? `works, but is slower than the CPU (${times(result)} in a test)`
      : result.message;

const times = ({ ms, cpuMs }: { ms: number; cpuMs: number }): string =>
  `${Math.round(ms)} against ${Math.round(cpuMs)} ms`;
