/** The prompt families by name, as a checkpoint's verity.json or the catalog's guess calls them. */
import { reasoning, rubrics } from './chat.ts';
import { compact } from './compact.ts';
import type { PromptFamily } from './family.ts';

export const FAMILIES = { compact, rubrics, reasoning } satisfies Record<string, PromptFamily>;

export type FamilyName = keyof typeof FAMILIES;
