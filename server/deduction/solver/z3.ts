/**
 * Z3 (its own WebAssembly build), in this process and without a time limit: it blocks until it has an answer. The product
 * runs it in a process of its own, which can be killed (`process.ts`).
 *
 * Not by the package's `eval_smtlib2_string`: that hands another thread a text on this thread's stack, which is
 * overwritten now and then before it is read (1 of 200 short texts, z3-solver 5.2.0). An answer to a garbled question is
 * the last thing to have here, so the text lies on the heap and the call returns when it is answered.
 */
import { init } from 'z3-solver';

/** Megabytes that Z3 may allocate; beyond, it gives up on the question. */
const MEMORY_LIMIT = 1000;

/** Z3's own count of steps, per question: bounds a process whose owner has died, and which cannot hear of it. */
const RESOURCE_LIMIT = 250_000_000;

/** What we use of Emscripten's module. */
interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _Z3_eval_smtlib2_string(context: unknown, text: number): number;
  UTF8ToString(pointer: number): string;
}

/** Loads Z3. @returns an evaluator with a new context for each text, so that no question knows of another. */
export async function loadZ3(): Promise<{ evaluate: (smtLib: string) => Promise<string> }> {
  const { Z3, em } = (await init()) as { em: Module } & Pick<Awaited<ReturnType<typeof init>>, 'Z3'>;
  Z3.global_param_set('memory_max_size', String(MEMORY_LIMIT));
  Z3.global_param_set('rlimit', String(RESOURCE_LIMIT));
  const run = (smtLib: string): string => {
    const config = Z3.mk_config();
    const context = Z3.mk_context(config);
    Z3.del_config(config);
    const bytes = Buffer.from(`${smtLib}\0`, 'utf8');
    const pointer = em._malloc(bytes.length);
    try {
      em.HEAPU8.set(bytes, pointer);
      return em.UTF8ToString(em._Z3_eval_smtlib2_string(context, pointer));
    } finally {
      em._free(pointer);
      Z3.del_context(context);
    }
  };
  return {
    evaluate: async (smtLib) => {
      await Promise.resolve();
      return run(smtLib);
    },
  };
}
