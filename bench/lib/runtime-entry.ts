/** What benchmarks use of the runtime. */
export { causalMask } from '../../server/runtime/attention/causal-mask.ts';
export { openCheckpoint } from '../../server/runtime/checkpoint.ts';
export { Engine } from '../../server/runtime/engine/engine.ts';
export { chunkFor } from '../../server/runtime/load.ts';
export { GraphBuilder } from '../../server/runtime/onnx/builder.ts';
export { openQuantized } from '../../server/runtime/quantize/cache.ts';
export { FLOAT_BYTES, toFloat32 } from '../../server/runtime/quantize/float.ts';
export { layoutOf } from '../../server/runtime/quantize/layout.ts';
export { QUANTIZATIONS } from '../../server/runtime/quantize/options.ts';
export { argmax, sampleToken, seededRandom } from '../../server/runtime/sampling.ts';
export { DecoderSession } from '../../server/runtime/session.ts';
export { transformersGraph } from './transformers-graph.ts';
