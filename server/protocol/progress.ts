/** The standard LSP mixins of requests that take long. */
import { z } from 'zod';

const ProgressToken = z.union([z.number(), z.string()]);

/** Both tokens are optional and are chosen by the client. */
export const WithProgress = z.object({
  workDoneToken: ProgressToken.optional(),
  partialResultToken: ProgressToken.optional(),
});
