/** Benchmarks' records as problems, and their answers graded. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { grade } from '../../../../server/eval/agents/grade.ts';
import { canCutNetwork, runProgram } from '../../../../server/eval/agents/programs.ts';
import { readProblems, type TaskFormat } from '../../../../server/eval/agents/tasks.ts';
import { VerityError } from '../../../../server/runtime/errors.ts';

const problem = (format: TaskFormat, value: object) =>
  readProblems(format, { records: [{ value, place: 'data.jsonl:1' }], digest: '' })[0]!;

describe('formats', () => {
  it('reads GSM8K, MATH and generated problems', () => {
    const gsm8k = problem('gsm8k', { question: 'How many?', answer: 'He has 2*3=<<2*3=6>>6.\n#### 1,006' });
    expect(gsm8k).toMatchObject({ id: '1', check: { kind: 'answer', expected: '1006' } });
    expect(gsm8k.text).toMatch(/^How many\?\n\n.*\\boxed/);
    const math = problem('math', {
      problem: 'x?',
      solution: 'So $x=\\boxed{\\frac{1}{2}}$.',
      level: 'Level 1',
    });
    expect(math.check).toEqual({ kind: 'answer', expected: '\\frac{1}{2}' });
    const generated = problem('generated', { problem: 'a = 1', answer: '1', steps: 2 });
    expect(generated).toMatchObject({ text: 'a = 1', check: { expected: '1' } });
  });

  it('reads MBPP and HumanEval, whose check is left to be called', () => {
    const mbpp = problem('mbpp', { task_id: 7, text: 'Write f.', test_list: ['assert f(1) == 2'] });
    expect(mbpp).toMatchObject({ id: '7', check: { tests: 'assert f(1) == 2' } });
    expect(mbpp.text).toContain('assert f(1) == 2');
    const human = problem('mbpp', {
      task_id: 'HumanEval/0',
      prompt: 'def f(x):\n    """Twice."""\n',
      test: 'def check(candidate):\n    assert candidate(2) == 4\n',
      entry_point: 'f',
    });
    expect(human.check).toMatchObject({ tests: expect.stringMatching(/\ncheck\(f\)$/) as string });
  });

  it.each([
    ['gsm8k', { question: 'x', answer: 'no mark' }, /data\.jsonl:1 is not a GSM8K record: answer/],
    ['math', { problem: 'x', solution: 'none' }, /data\.jsonl:1 has no answer/],
    ['mbpp', { text: 'x' }, /needs a prompt, and test_list or test/],
    ['generated', { problem: 'x' }, /is not a generated problem: answer/],
  ] as const)('refuses what is no %s record', (format, value, message) => {
    expect(() => problem(format, value)).toThrow(VerityError);
    expect(() => problem(format, value)).toThrow(message);
  });
});

describe('grading', () => {
  const gsm8k = problem('gsm8k', { question: 'x', answer: '#### 6' });

  it('takes the box, and without one the last number', async () => {
    expect(await grade(gsm8k, 'It is \\boxed{6}, not 7.')).toEqual({ answer: '6', right: true });
    expect(await grade(gsm8k, 'First 5, so 6.')).toEqual({ answer: '6', right: true });
    expect(await grade(gsm8k, 'six')).toEqual({ answer: 'six', right: false });
  });

  it('runs a program with its tests', async () => {
    const mbpp = problem('mbpp', { text: 'Write f.', test_list: ['assert f(1) == 2'] });
    const answer = (body: string) => grade(mbpp, `\`\`\`python\n${body}\n\`\`\``);
    expect(await answer('def f(x):\n    return x + 1')).toMatchObject({ right: true });
    expect(await answer('def f(x):\n    return x')).toMatchObject({ right: false, why: 'AssertionError' });
    expect(await grade(mbpp, 'def f(x): return 2')).toMatchObject({
      right: false,
      why: 'no fenced code block',
    });
  });
});

describe('programs', () => {
  const limits = { seconds: 2, megabytes: 256 };

  it('that leave before their tests have not passed', async () => {
    expect(await runProgram('import sys; sys.exit(0)', 'assert False', limits)).toEqual({
      passed: false,
      why: 'it ended early',
    });
  });

  it('are ended when their time is over, with what they started', async () => {
    const marker = `verity-test-${process.pid}`;
    const program = `import subprocess\nsubprocess.Popen(["sh", "-c", "sleep 60; : ${marker}"])\nwhile True: pass`;
    const started = performance.now();
    expect(await runProgram(program, '', limits)).toEqual({ passed: false, why: 'it ran longer than 2 s' });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await commandsWith(marker)).toEqual([]);
  });

  it('cannot take more memory than they may', async () => {
    const outcome = await runProgram('x = bytearray(2 ** 30)', '', limits);
    expect(outcome).toMatchObject({ passed: false, why: expect.stringContaining('MemoryError') as string });
  });

  it('see no environment of ours, and leave nothing behind', async () => {
    process.env['VERITY_TEST_WORD'] = 'seen';
    onTestFinished(() => {
      delete process.env['VERITY_TEST_WORD'];
    });
    const tests = 'import os\nassert "VERITY_TEST_WORD" not in os.environ\nopen("left", "w").write("x")';
    expect(await runProgram('', tests, limits)).toEqual({ passed: true });
    const left = await readdir(tmpdir());
    expect(left.filter((name) => name.startsWith('verity-program-'))).toEqual([]);
  });

  it('have no network where the system can cut it off', async () => {
    expect(canCutNetwork()).toBe(true);
    const program = 'import socket\nnames = [name for _, name in socket.if_nameindex()]';
    expect(await runProgram(program, 'assert names == ["lo"], names', limits)).toEqual({ passed: true });
  });

  it('end with the evaluation', async () => {
    const controller = new AbortController();
    const folder = await mkdtemp(join(tmpdir(), 'verity-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'x'), '');
    const reason = new Error('enough');
    const run = runProgram('while True: pass', '', { ...limits, seconds: 60 }, controller.signal);
    setTimeout(() => controller.abort(reason), 300);
    await expect(run).rejects.toBe(reason);
  });
});

/** Command lines of this machine's processes that hold a word. */
async function commandsWith(word: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word));
}
