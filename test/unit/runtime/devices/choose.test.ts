/** From a preference and what probes found to a device. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choose, toProbe } from '../../../../server/runtime/devices/choose.ts';
import type { ProbeFailure, ProbeResult } from '../../../../server/runtime/devices/device.ts';
import { VerityError } from '../../../../server/runtime/errors.ts';

const SUPPORTED = ['cpu', 'webgpu', 'cuda', 'tensorrt'];

const works = (ms: number, cpuMs: number, rowLimit: number | null = null): ProbeResult => ({
  works: true,
  ms,
  cpuMs,
  error: 1e-6,
  rowLimit,
});
const fails = (message: string, cause: ProbeFailure['cause'] = 'failed'): ProbeResult => ({
  works: false,
  cause,
  message,
});

describe('what is probed', () => {
  it('is what the preference needs and ONNX Runtime knows', () => {
    expect(toProbe('cpu', SUPPORTED)).toEqual([]);
    expect(toProbe('webgpu', SUPPORTED)).toEqual(['webgpu']);
    expect(toProbe('auto', SUPPORTED)).toEqual(['cuda', 'webgpu']);
    expect(toProbe('auto', ['cpu', 'webgpu'])).toEqual(['webgpu']);
    expect(toProbe('cuda', ['cpu', 'webgpu'])).toEqual([]);
  });
});

describe('an explicit preference', () => {
  it('is met, even where it is slower', () => {
    expect(choose('cpu', SUPPORTED, {}).device).toBe('cpu');
    expect(choose('webgpu', SUPPORTED, { webgpu: works(900, 10) }).device).toBe('webgpu');
  });

  it.each([
    [
      'a failure',
      SUPPORTED,
      { webgpu: fails('no graphics adapter was found') },
      /WebGPU.*no graphics adapter/,
    ],
    ['an unknown provider', ['cpu'], {}, /WebGPU.*does not know it/],
  ])('is refused with the reason after %s, never replaced', (_, supported, results, message) => {
    const action = () => choose('webgpu', supported, results);
    expect(action).toThrow(VerityError);
    expect(action).toThrow(message);
  });
});

describe('auto', () => {
  const auto = (results: { cuda?: ProbeResult; webgpu?: ProbeResult }) => choose('auto', SUPPORTED, results);

  it('takes the fastest of those that beat the CPU, and says so', () => {
    expect(auto({ cuda: works(20, 60), webgpu: works(12, 58) })).toEqual({
      device: 'webgpu',
      reason: 'WebGPU is faster than the CPU here: 12 against 58 ms in a test.',
    });
  });

  it('stays on the CPU where nothing beats it, with a reason for each device', () => {
    const { device, reason } = auto({ cuda: fails('it is not installed'), webgpu: works(3437, 15) });
    expect(device).toBe('cpu');
    expect(reason).toBe(
      'CUDA: it is not installed; WebGPU: works, but is slower than the CPU (3437 against 15 ms in a test).',
    );
  });

  it('hands on how many positions a forward may have', () => {
    expect(auto({ cuda: fails('x'), webgpu: works(1, 2, 31) }).rowLimit).toBe(31);
    expect(auto({ cuda: fails('x'), webgpu: works(1, 2) })).not.toHaveProperty('rowLimit');
  });

  it('never takes a device that fails or is slower than the CPU', () => {
    const time = fc.integer({ min: 0, max: 100 });
    const result = fc.option(
      fc.oneof(
        fc.tuple(time, time).map(([ms, cpuMs]) => works(ms, cpuMs)),
        fc.string().map((message) => fails(message)),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(result, result, (cuda, webgpu) => {
        const { device } = auto({ ...(cuda && { cuda }), ...(webgpu && { webgpu }) });
        const all = [cuda, webgpu].filter((one) => one?.works === true);
        const better = all.filter(({ ms, cpuMs }) => ms < cpuMs).map(({ ms }) => ms);
        const taken = { cpu: undefined, cuda, webgpu }[device];
        expect(taken?.works === true ? taken.ms : undefined).toBe(
          better.length === 0 ? undefined : Math.min(...better),
        );
      }),
    );
  });
});
