/** Runs one measurement in a fresh process: memory is its own, and nothing is warm from another. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The request goes in, and the answer comes out, as JSON. What else the process says is shown if it fails. */
export function measure(script, request) {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [join(import.meta.dirname, script)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    });
    let output = '';
    let errors = '';
    started.stdout.on('data', (data) => (output += data));
    started.stderr.on('data', (data) => (errors = (errors + data).slice(-4000)));
    started.on('exit', (code, signal) => {
      const answer = output.trim().split('\n').at(-1);
      if (code === 0) resolve(JSON.parse(answer));
      else reject(new Error(`${JSON.stringify(request)}\nended with ${code ?? signal}: ${errors}`));
    });
    started.stdin.end(JSON.stringify(request));
  });
}

/** The other side: answers the one request of this process. */
export async function answer(tasks) {
  const { text } = await import('node:stream/consumers');
  const request = JSON.parse(await text(process.stdin));
  const result = await tasks[request.task](request);
  process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
}
