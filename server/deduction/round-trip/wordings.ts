/**
 * A wording: a sentence's skeleton as a pattern. Of its own syntax: `{a}` a name, `{m}` a number, `{k}` a factor, `{p}` a
 * proposition or its denial; `(x|y)` one of these, `(x )?` with or without.
 */

const SLOTS: Record<string, string> = {
  a: '@(\\d+)',
  b: '(?:the (?:price|cost) of |that of |for )?@(\\d+)',
  c: '(?:the (?:price|cost) of |that of |for )?@(\\d+)',
  m: '#(\\d+)',
  k: '×(\\d+)',
  p: '((?:N )?[@~]\\d+)',
  q: '((?:N )?[@~]\\d+)',
  r: '((?:N )?[@~]\\d+)',
  i: '(\\?~?\\d+)',
};

export interface Wording {
  pattern: RegExp;
  slots: string[];
}

export function wording(text: string): Wording {
  const slots: string[] = [];
  const source = text.replace(/\{(\w)\}|\(/g, (_, slot: string | undefined) => {
    if (slot === undefined) return '(?:';
    slots.push(slot);
    return SLOTS[slot]!;
  });
  return { pattern: new RegExp(`^${source}$`), slots };
}

/** What stands in the slots of a skeleton that has this wording, by slot. */
export function matchWording({ pattern, slots }: Wording, skeleton: string): Map<string, string> | undefined {
  const match = pattern.exec(skeleton);
  if (match === null) return undefined;
  return new Map(slots.map((slot, index) => [slot, match[index + 1]!]));
}

/** Openings that say nothing about what follows. */
const OPENINGS = new RegExp(
  `^(?:${[
    '(?:please )?(?:note|remember|recall|suppose|assume) that',
    '(?:we know|it is known|we are told|it turns out|it is a fact|it is certain|it is true|it is the case|it holds) that',
    '(?:the (?:list|board|menu) says) that',
    'according to the menu,',
    'as everyone can see,',
    'as a matter of fact,',
    'in this shop,',
    'today,?',
    '(?:also|moreover|besides|furthermore|of course|first),',
    'then,?',
  ].join('|')}) `,
);

/** Whether the sentence goes on from the one before, so that it says nothing by itself. */
export const isContinuation = (skeleton: string): boolean => /^then\b/.test(skeleton);

export function withoutOpening(skeleton: string): string {
  let rest = skeleton;
  for (let count = 0; count < 3 && OPENINGS.test(rest); count++) rest = rest.replace(OPENINGS, '');
  return rest;
}
