/** Untrusted text as a person reads it: what stands in backticks looks like code, everything else stays as it is. */
export const Prose = ({ text }: { text: string }) =>
  text
    .split(/`([^`\n]+)`/)
    .map((piece, index) => (index % 2 === 1 ? <code key={index}>{piece}</code> : piece));

/** A part's text without the tags that mark sides and reasons within it. */
export const withoutTags = (text: string): string =>
  text.replace(/<\/?(?:(?:summary|quote)_[AB]|justify)>/g, '').trim();
