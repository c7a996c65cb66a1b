/** Bytes of weights that one decoding step reads: all but the embedding, unless the head is the embedding. */
export function weightBytesPerToken(dtype, weights, { vocabSize, hiddenSize, tiedHead }) {
  if (dtype === 'fp32') return 4 * (weights.parameters - (tiedHead ? 0 : vocabSize * hiddenSize));
  const table = weights.locate('model.embed_tokens.weight', [vocabSize, hiddenSize]);
  const unused = tiedHead ? 0 : table.codes.byteLength + table.scales.byteLength;
  return weights.byteLength - unused;
}
