/** Edits made in memory, to judge what they would give. */

/** Makes edits that do not overlap, by offsets in the text as it is; of several at one place the first stands first. */
export function applied(
  text: string,
  edits: readonly { start: number; end: number; text: string }[],
): string {
  return edits
    .map((edit, index) => ({ ...edit, index }))
    .toSorted((a, b) => b.start - a.start || b.index - a.index)
    .reduce((done, edit) => done.slice(0, edit.start) + edit.text + done.slice(edit.end), text);
}
