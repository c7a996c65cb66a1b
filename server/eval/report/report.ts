import type { Evaluation } from '../evaluation.ts';
export const reportHtml = (e: Evaluation): string => JSON.stringify(e);
