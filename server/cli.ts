#!/usr/bin/env node
/** The `verity` command. Results go to standard output, progress and errors to standard error. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { pathToFileURL } from 'node:url';
import { serverFile, VERSION } from './bundle.ts';
import { type Role, ROLES } from './catalog/resolve.ts';
import { type CalibrateOptions, calibrateJudge } from './cli/calibrate.ts';
import { completeFile, type CompleteOptions } from './cli/complete.ts';
import { type EvalCompleteOptions, evaluateCompletions } from './cli/eval-complete.ts';
import { type EvalOptions, evaluateJudge } from './cli/eval-judge.ts';
import { evaluateAgents, type EvalAgentsOptions } from './cli/eval-agents.ts';
import { judgeFiles } from './cli/judge.ts';
import { type LogitsOptions, printLogits } from './cli/logits.ts';
import { serveMcp } from './cli/mcp.ts';
import type { ModelOptions } from './cli/models.ts';
import { addModelsCommand } from './cli/models-command.ts';
import { rankFiles } from './cli/rank.ts';
import { solve, type SolveOptions } from './cli/solve.ts';
import { TeamName } from './protocol/solution.ts';
import { exitWith } from './cli/exit.ts';
import { FORMATS as REPORT_FORMATS, isReview, review, type ReviewOptions } from './cli/review.ts';
import { TASK_FORMATS } from './eval/agents/tasks.ts';
import { FORMATS } from './eval/benchmarks/benchmarks.ts';
import { CompletionMethod } from './protocol/completion.ts';
import { DEVICE_PREFERENCES, type DevicePreference } from './runtime/devices/device.ts';
import { DTYPE_CHOICES, type DtypeChoice } from './runtime/quantize/options.ts';

const EXIT_CODES = `
Exit codes:
  0    answered (also when the verdict is "undecided")
  1    Verity failed; please report it
  2    bad input: one line on standard error says what to change
  3    findings, with --fail-on finding
  130  cancelled by Ctrl-C`;

const EXAMPLES = `
Examples:
  verity judge old.py new.py
  verity judge --staged
  verity judge --diff origin/main --merge-base --format sarif --fail-on finding --min-confidence 0.8 > verity.sarif
  verity judge --patch 123.diff --format markdown
`;

const share = (value: string): number => {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('Use a number from 0 to 1.');
  return number;
};

const model = (...roles: [Role, ...Role[]]) =>
  new Option(
    '--model <role=dir>',
    `checkpoint directory or id of a role, e.g. ${roles[0]}=./my-model (repeatable)`,
  )
    .argParser((value: string, previous: Record<string, string> | undefined) => {
      const match = /^(\w+)=(.+)$/.exec(value);
      const role = roles.find((name) => name === match?.[1]);
      if (role === undefined)
        throw new InvalidArgumentError(`Use ${roles.map((name) => `${name}=DIRECTORY`).join(' or ')}.`);
      return { ...previous, [role]: match![2]! };
    })
    .default({}, `the embedded ${roles.map((role) => ROLES[role]).join(' and ')}`);

const dtype = (initial: DtypeChoice) =>
  new Option('--dtype <dtype>', 'how the weights are held; quantizing happens once and is kept')
    .choices(DTYPE_CHOICES)
    .default(initial);

const device = (initial: DevicePreference) =>
  new Option('--device <device>', 'where the model runs; one that is named is tested anew')
    .choices(DEVICE_PREFERENCES)
    .default(initial);

const count = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Use a whole number above 0.');
  return number;
};

const wholeNumber = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('Use a whole number.');
  return number;
};

const latentSteps = (value: string): number => {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number > 160)
    throw new InvalidArgumentError('Use a whole number from 0 to 160.');
  return number;
};

const stepsList = (value: string): number[] => value.split(',').map(latentSteps);

const nameList = (value: string): string[] => value.split(',').map((name) => name.trim());

const temperature = (value: string): number => {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 2))
    throw new InvalidArgumentError('Use a number from 0 to 2.');
  return number;
};

const voteCount = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 2 || number > 32)
    throw new InvalidArgumentError('Use a whole number from 2 to 32.');
  return number;
};

const budget = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError('Use a whole number from 1 to 64.');
  return number;
};

const newTokens = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 512)
    throw new InvalidArgumentError('Use a whole number from 1 to 512.');
  return number;
};

const budgetList = (value: string): number[] => value.split(',').map(budget);

const methodList = (value: string): CompletionMethod[] =>
  value.split(',').map((name) => {
    const parsed = CompletionMethod.safeParse(name);
    if (!parsed.success) throw new InvalidArgumentError(`Use some of ${CompletionMethod.options.join(',')}.`);
    return parsed.data;
  });

const tokenList = (value: string): number[] => {
  const tokens = value.split(',').map(Number);
  if (!tokens.every((token) => Number.isInteger(token) && token >= 0))
    throw new InvalidArgumentError('Use token ids like 1,2,3.');
  return tokens;
};

const program = new Command('verity')
  .description('Judges and completes code with models that run on this machine. Nothing leaves it.')
  .version(VERSION)
  .addHelpText('after', EXIT_CODES)
  // One line for every error, in the same form as ours.
  .showSuggestionAfterError(false)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'verity:')) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('judge')
  .description(
    'Judge file A against file B, rank three or more, or review a change: --diff, --staged or --patch.\n' +
      'Of a change, only findings are listed: hunks that the judge, in both orders, found worse than what was there.',
  )
  .argument('[files...]', 'A and B, the two versions; with more, the candidates to rank')
  .option('--diff [rev]', 'review the git working tree against a revision, HEAD by default')
  .option('--staged', 'review what is staged, against HEAD or the revision of --diff')
  .option('--merge-base', 'compare with the commit where the branch left the revision of --diff')
  .option('--patch <file>', 'review a patch file, like a pull request’s .diff')
  .addOption(
    new Option('--format <format>', 'how a review is written').choices(REPORT_FORMATS).default('text'),
  )
  .option('--min-confidence <p>', 'verdicts less sure than this decide nothing (0 to 1)', share)
  .addOption(
    new Option('--fail-on <what>', 'end with code 3 if a review has findings')
      .choices(['finding', 'never'])
      .default('never'),
  )
  .option('--instruction <text>', 'what the code is meant to do')
  .option('--conversation <file>', 'JSON turns that A and B end as replies; needs a chat model')
  .option('--votes <k>', 'sample each order k times and let the majority decide', voteCount)
  .option('--language <id>', "VS Code language id, by the file's ending if left out")
  .addOption(model('judge'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .option('--json', 'print one JSON object on standard output')
  .addHelpText('after', `${EXAMPLES}${EXIT_CODES}`)
  .action((files: string[], options: ReviewOptions) =>
    exitWith((signal) => {
      if (isReview(options))
        return files.length === 0 ? review(options, signal) : judgeFiles([], options, signal);
      return files.length > 2 ? rankFiles(files, options, signal) : judgeFiles(files, options, signal);
    }),
  );

program
  .command('solve')
  .description(
    'Let a team of agents solve a problem: in latent space over shared memory, in text, or a single model.\n' +
      'Needs a chat model as policy; what the team is worth shows beside the single model (--compare).',
  )
  .argument('<file>', 'a text file that states the problem; - reads standard input')
  .option('--team <name>', `${TeamName.options.join(', ')}, or a team of --agents`, 'sequential')
  .option('--agents <file>', 'JSON file of your own teams, as .verity/agents.json')
  .option('--latent-steps <m>', 'latent steps of each agent but the last (0 to 160)', latentSteps)
  .option('--max-new-tokens <n>', 'tokens at most of each text that is written', count, 512)
  .option('--temperature <t>', '0 is greedy; above it top-p 0.95 is drawn from', temperature, 0)
  .option('--seed <n>', 'of what is drawn', wholeNumber, 42)
  .option('--compare', 'also run the single model and the same agents in text')
  .addOption(model('policy'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .option('--json', 'print one JSON object on standard output')
  .action((file: string, options: SolveOptions) => exitWith((signal) => solve(file, options, signal)));

program
  .command('complete')
  .description(
    'Complete a file at a place by a search that steers away from unsafe code.\n' +
      'Where even the best completion is not safe enough, one sentence says so and nothing is offered.',
  )
  .argument('<file>', 'the file; the text before the place is what the model reads')
  .option('--offset <n>', 'the place, in characters from the beginning; the end if left out', wholeNumber)
  .addOption(
    new Option(
      '--method <method>',
      'saffron: search guided by rewards of all next tokens; greedy: the model alone; best-of-n: the best of samples; ' +
        'beam: search with a reward model that reads one candidate at a time',
    )
      .choices(CompletionMethod.options)
      .default('saffron'),
  )
  .option('--budget <n>', 'completions that are followed at a time; of best-of-n, samples', budget, 4)
  .option('--max-new-tokens <n>', 'tokens of the completion at most', newTokens)
  .option('--time-limit <ms>', 'end the search after so long with the best it has', count)
  .option('--seed <n>', 'of sampling methods', wholeNumber)
  .option('--language <id>', "VS Code language id, by the file's ending if left out")
  .addOption(model('policy', 'safety'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .option('--json', 'print one JSON object on standard output')
  .addHelpText('after', EXIT_CODES)
  .action((file: string, options: CompleteOptions) =>
    exitWith((signal) => completeFile(file, options, signal)),
  );

program
  .command('logits')
  .description('Logits and hidden states of every position of a token sequence, as JSON, for parity checks.')
  .argument('<checkpoint>', 'checkpoint directory')
  .requiredOption('--tokens <ids>', 'token ids, like 1,2,3', tokenList)
  .addOption(device('cpu'))
  .addOption(dtype('fp32'))
  .action((checkpoint: string, options: LogitsOptions) =>
    exitWith((signal) => printLogits(checkpoint, options, signal)),
  );

const evaluate = program.command('eval').description('Evaluate models on data.');

evaluate
  .command('judge')
  .description(
    'Judge pairs whose better side is known, or a benchmark, and report how often the verdict is right.',
  )
  .requiredOption('--data <file>', 'JSON or JSON lines of the format, or a folder of such files')
  .addOption(
    new Option(
      '--format <format>',
      "pairs: JSON lines with good, bad, language and bug; else a benchmark's own files",
    )
      .choices(FORMATS)
      .default('pairs'),
  )
  .option('--limit <n>', 'judge the first n pairs, prompts or lists only', count)
  .option('--seed <n>', 'take them in a random order that is the same each time', wholeNumber)
  .option('--out <file>', 'write all figures there as JSON, and outcomes beside it as they come')
  .option('--report <file>', 'write a page with plots there')
  .option('--resume', 'judge only what is not judged yet, with the same --out as before')
  .addOption(model('judge'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .option('--json', 'print the figures as one JSON object')
  .action((options: EvalOptions) => exitWith((signal) => evaluateJudge(options, signal)));

evaluate
  .command('agents')
  .description(
    'Let teams of agents solve problems whose answers are known: accuracy, tokens and time, side by side, and what ' +
      'latent steps contribute.',
  )
  .requiredOption('--data <file>', 'JSON or JSON lines of the format, or a folder of such files')
  .addOption(
    new Option('--format <format>', "the data's format; mbpp reads HumanEval's too")
      .choices(TASK_FORMATS)
      .default('generated'),
  )
  .option('--teams <names>', 'teams to compare, like single,text,sequential', nameList, [
    'single',
    'text',
    'sequential',
  ])
  .option('--agents <file>', 'JSON file of your own teams, as .verity/agents.json')
  .option('--latent-steps <list>', 'numbers of latent steps to try', stepsList, [0, 10])
  .option('--max-new-tokens <n>', 'tokens at most of each text that is written', count, 512)
  .option('--temperature <t>', '0 is greedy', temperature, 0)
  .option('--seed <n>', 'of what is drawn', wholeNumber, 42)
  .option('--limit <n>', 'take the first n problems only', count)
  .option('--run-programs', 'run the programs that answer mbpp problems, with limits of time and memory')
  .option('--out <file>', 'write all figures there as JSON')
  .option('--report <file>', 'write a page with a plot there')
  .addOption(model('policy'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .option('--json', 'print the figures as one JSON object')
  .action((options: EvalAgentsOptions) => exitWith((signal) => evaluateAgents(options, signal)));

evaluate
  .command('complete')
  .description('Complete prompts by several methods at several budgets, and write what each found and took.')
  .requiredOption('--data <file>', 'JSON lines with id, prompt and language')
  .requiredOption('--out <file>', 'write all completions there as JSON')
  .option('--methods <list>', 'methods, like saffron,greedy', methodList, [...CompletionMethod.options])
  .option('--budgets <list>', 'budgets, like 1,2,4', budgetList, [1, 2, 4, 8, 16])
  .option('--seeds <n>', 'draw so many times where a method samples', count, 1)
  .option('--limit <n>', 'complete the first n prompts only', count)
  .option('--max-new-tokens <n>', 'tokens of a completion at most', newTokens, 64)
  .addOption(model('policy', 'safety'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .action((options: EvalCompleteOptions) => exitWith((signal) => evaluateCompletions(options, signal)));

program
  .command('calibrate')
  .description(
    "Fit the temperature of the judge's confidence on held-out pairs and keep it in its verity.json.",
  )
  .requiredOption('--data <file>', 'JSON lines with good, bad and language')
  .option('--skip <n>', 'leave out the first n pairs, so that they stay for an evaluation', count)
  .option('--limit <n>', 'judge n pairs only', count)
  .option('--dry-run', 'write nothing')
  .addOption(model('judge'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .option('--json', 'print the calibration as one JSON object')
  .action((options: CalibrateOptions) => exitWith((signal) => calibrateJudge(options, signal)));

addModelsCommand(program);

program
  .command('serve')
  .description('Run the language server on standard input and output.')
  .option('--stdio', 'the only transport; it may be left out')
  .action(() => import(pathToFileURL(serverFile).href));

program
  .command('mcp')
  .description(
    'Offer judge, complete and solve as tools to other agents: a Model Context Protocol server on standard input and output.',
  )
  .addOption(model('judge', 'policy', 'safety'))
  .addOption(dtype('auto'))
  .addOption(device('auto'))
  .action((options: ModelOptions) => exitWith((signal) => serveMcp(options, signal)));

if (process.argv.length === 2) program.error('error: name a command; verity --help lists them');
if (process.argv.length === 3 && process.argv[2] === evaluate.name())
  program.error('error: name what to evaluate; verity eval --help lists it');
await program.parseAsync();
