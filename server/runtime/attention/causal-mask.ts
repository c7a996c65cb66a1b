/** The additive mask of one plain sequence, [count × (past + count)]: a position sees what is cached, itself and new ones before it. */
export function causalMask(past: number, count: number): Float32Array {
  const total = past + count;
  const mask = new Float32Array(count * total);
  for (let row = 0; row < count; row++) mask.fill(-Infinity, row * total + past + row + 1, (row + 1) * total);
  return mask;
}
