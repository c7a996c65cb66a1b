/** What benchmarks use of the judge. */
export { resolveJudge } from '../../server/catalog/resolve.ts';
export { judgePair } from '../../server/judge/judge.ts';
export { FAMILIES } from '../../server/judge/prompts/families.ts';
export { loadLanguageModel } from '../../server/runtime/load.ts';
export { HARMLESS, inject, readInjections } from '../../test/unit/judge/injections.ts';
