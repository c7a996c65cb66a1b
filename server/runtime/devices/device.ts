/** The devices a model can run on, by the names of ONNX Runtime's execution providers. */
import { z } from 'zod';

export const DEVICES = ['cpu', 'webgpu', 'cuda'] as const;
export type Device = (typeof DEVICES)[number];

/** What a user may ask for; `auto` takes the fastest that works. */
export const DEVICE_PREFERENCES = ['auto', ...DEVICES] as const;
export type DevicePreference = (typeof DEVICE_PREFERENCES)[number];

/** A device that has to be probed before use: its drivers are not ours. */
export type Accelerator = Exclude<Device, 'cpu'>;
export const ACCELERATORS = ['cuda', 'webgpu'] as const satisfies readonly Accelerator[];

export const DEVICE_NAMES: Record<Device, string> = { cpu: 'the CPU', webgpu: 'WebGPU', cuda: 'CUDA' };

export interface ChosenDevice {
  device: Device;
  /** For the user: why this one. */
  reason: string;
  /** The most positions in one forward that it computes rightly; no limit if left out. */
  rowLimit?: number;
}

const time = z.number().nonnegative();

/** What became of a device's probe. */
export const ProbeResult = z.discriminatedUnion('works', [
  z.object({
    works: z.literal(true),
    /** Milliseconds for the probe's work there and on the CPU, both warmed up. */
    ms: time,
    cpuMs: time,
    /** max |logits − CPU's logits| / max |CPU's logits| */
    error: time,
    /** Forwards of more positions are wrong there; null if none are. */
    rowLimit: z.number().int().positive().nullable(),
  }),
  z.object({
    works: z.literal(false),
    cause: z.enum(['notBundled', 'noAdapter', 'wrongNumbers', 'crashed', 'timedOut', 'failed']),
    /** What happened, as the end of a sentence that begins with the device's name and a colon. */
    message: z.string(),
  }),
]);
export type ProbeResult = z.infer<typeof ProbeResult>;
export type ProbeFailure = Extract<ProbeResult, { works: false }>;
