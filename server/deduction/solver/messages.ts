/** Between the solver's process and its owner. */
import { z } from 'zod';

export const ToSolver = z.object({ id: z.number().int(), smtLib: z.string() });
export type ToSolver = z.infer<typeof ToSolver>;

export const FromSolver = z.discriminatedUnion('kind', [
  /** Z3 is loaded; a question's time limit counts from here. */
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('output'), id: z.number().int(), text: z.string() }),
]);
export type FromSolver = z.infer<typeof FromSolver>;
