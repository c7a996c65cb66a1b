/** What benchmarks use of the runtime. */
export { GraphBuilder } from '../../server/runtime/onnx/builder.ts';
export { decoderSpec } from '../../server/runtime/architectures.ts';
export { openCheckpoint } from '../../server/runtime/checkpoint.ts';
export { openQuantized } from '../../server/runtime/quantize/cache.ts';
export { QUANTIZATIONS } from '../../server/runtime/quantize/options.ts';
export { DecoderSession } from '../../server/runtime/session.ts';
