/** What the search's benchmark uses of the product. */
export { resolveModel, resolveSafety } from '../../server/catalog/resolve.ts';
export { openCheckpoint } from '../../server/runtime/checkpoint.ts';
export { Engine } from '../../server/runtime/engine/engine.ts';
export { chunkFor } from '../../server/runtime/load.ts';
export { DecoderSession } from '../../server/runtime/session.ts';
export { EngineTokenModel } from '../../server/runtime/token-model.ts';
export { openRewardModel } from '../../server/safety/reward-model/open.ts';
export { frameFor } from '../../server/safety/rewards/frame.ts';
export { asProcessRewards, multifurcationRewards } from '../../server/safety/rewards/multifurcation.ts';
export { perCandidate } from '../../server/safety/rewards/process.ts';
export { rewardSearch } from '../../server/safety/search/multifurcation.ts';
