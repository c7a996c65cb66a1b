/** What benchmarks use of the runtime. */
export { openCheckpoint } from '../../server/runtime/checkpoint.ts';
export { GraphBuilder } from '../../server/runtime/onnx/builder.ts';
export { openQuantized } from '../../server/runtime/quantize/cache.ts';
export { QUANTIZATIONS } from '../../server/runtime/quantize/options.ts';
export { sampleToken, seededRandom } from '../../server/runtime/sampling.ts';
export { DecoderSession } from '../../server/runtime/session.ts';
