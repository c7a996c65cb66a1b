/** Problems whose answers are known, from the benchmarks' own files: one reader per format. */
import { z } from 'zod';
import { boxed } from '../../agents/answers.ts';
import { VerityError } from '../../runtime/errors.ts';
import { parseRecord, type Source } from '../source.ts';

/** How an answer is checked: against a known one, or by a Python program's tests. */
export type Check = { kind: 'answer'; expected: string } | { kind: 'program'; tests: string };

export interface Problem {
  id: string;
  /** As the team hears it, with the form that its answer should have. */
  text: string;
  check: Check;
}

const IN_A_BOX = 'Put the final answer into \\boxed{…}.';
const AS_PROGRAM = 'Answer with one fenced Python code block that is complete in itself.';

const Gsm8kRecord = z.object({
  question: z.string(),
  answer: z.string().regex(/####/, 'has no #### before its answer'),
});
const MathRecord = z.object({
  problem: z.string(),
  solution: z.string().optional(),
  answer: z.string().optional(),
});
const GeneratedRecord = z.object({ problem: z.string(), answer: z.string() });
const ProgramRecord = z.object({
  task_id: z.union([z.string(), z.number()]).optional(),
  prompt: z.string().optional(),
  text: z.string().optional(),
  /** MBPP. */
  test_list: z.array(z.string()).optional(),
  test_imports: z.array(z.string()).optional(),
  /** HumanEval, and both sets of EvalPlus. */
  test: z.string().optional(),
  entry_point: z.string().optional(),
});

type Reader = (record: Source['records'][number]) => Omit<Problem, 'id'> & { id?: string };

const READERS = {
  gsm8k: (record) => {
    const { question, answer } = parseRecord(Gsm8kRecord, record, 'a GSM8K record');
    const expected = answer.split('####').at(-1)!.trim().replaceAll(',', '');
    return { text: `${question}\n\n${IN_A_BOX}`, check: { kind: 'answer', expected } };
  },
  math: (record) => {
    const { problem, solution, answer } = parseRecord(MathRecord, record, 'a MATH record');
    const expected = answer ?? boxed(solution ?? '');
    if (expected === undefined)
      throw new VerityError('badInput', `${record.place} has no answer and no \\boxed{…} in its solution.`);
    return { text: `${problem}\n\n${IN_A_BOX}`, check: { kind: 'answer', expected } };
  },
  mbpp: (record) => {
    const fields = parseRecord(ProgramRecord, record, 'an MBPP or HumanEval record');
    const asked = fields.prompt ?? fields.text;
    const tests = testsOf(fields);
    if (asked === undefined || tests === undefined)
      throw new VerityError('badInput', `${record.place} needs a prompt, and test_list or test.`);
    const examples = fields.test_list?.length
      ? `\n\nIt must pass:\n${fields.test_list.slice(0, 3).join('\n')}`
      : '';
    return {
      ...(fields.task_id !== undefined && { id: String(fields.task_id) }),
      text: `${asked}${examples}\n\n${AS_PROGRAM}`,
      check: { kind: 'program', tests },
    };
  },
  /** What `python -m verity_training.agents problems` writes. */
  generated: (record) => {
    const { problem, answer } = parseRecord(GeneratedRecord, record, 'a generated problem');
    return { text: problem, check: { kind: 'answer', expected: answer } };
  },
} satisfies Record<string, Reader>;

export type TaskFormat = keyof typeof READERS;
export const TASK_FORMATS = Object.keys(READERS) as TaskFormat[];

/** @throws VerityError badInput naming the first record that is not of the format. */
export function readProblems(format: TaskFormat, { records }: Source): Problem[] {
  const read: Reader = READERS[format];
  return records.map((record, index) => ({ id: String(index + 1), ...read(record) }));
}

function testsOf({
  test,
  test_list,
  test_imports = [],
  entry_point,
}: z.infer<typeof ProgramRecord>): string | undefined {
  if (test === undefined) return test_list && [...test_imports, ...test_list].join('\n');
  // HumanEval's tests define check(candidate) and leave the call to who runs them.
  return entry_point !== undefined && /def check\(/.test(test) ? `${test}\ncheck(${entry_point})` : test;
}
