/**
 * Runs tasks side by side. When one fails the others are cancelled, and all have ended before this rejects with the
 * first failure: what they hold can be released then.
 */
export async function allOrNone<Result>(
  tasks: readonly ((signal: AbortSignal) => Promise<Result>)[],
  signal?: AbortSignal,
): Promise<Result[]> {
  const cancellation = new AbortController();
  const all = signal === undefined ? cancellation.signal : AbortSignal.any([signal, cancellation.signal]);
  const failures: unknown[] = [];
  const results = await Promise.all(
    tasks.map((task) =>
      task(all).catch((error: unknown) => {
        failures.push(error);
        cancellation.abort();
        return undefined;
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return results as Result[];
}
