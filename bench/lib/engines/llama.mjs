/** node-llama-cpp with its prebuilt CPU binary, on a GGUF file of the same weights. It must not download or build. */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

export async function openLlama({ gguf, threads, contextLength, sequences }) {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath: gguf });
  const context = await model.createContext({
    contextSize: contextLength,
    sequences,
    threads: { ideal: threads, min: threads },
  });
  const free = Array.from({ length: sequences }, () => context.getSequence());
  return new LlamaEngine(llama, free);
}

const GREEDY = { temperature: 0, yieldEogToken: true };

class LlamaEngine {
  constructor(llama, free) {
    this.llama = llama;
    this.free = free;
  }

  async nextAfterEach(tokens) {
    const options = { generateNext: { token: true, options: { temperature: 0 } } };
    const answers = await this.free[0].controlledEvaluate(tokens.map((token) => [token, options]));
    return answers.map((answer) => answer.next.token);
  }

  async generate(prompts, count, onToken) {
    await Promise.all(
      prompts.map(async (prompt, index) => {
        let left = count;
        for await (const token of this.free[index].evaluate(prompt, GREEDY)) {
          onToken(index, token);
          if (--left === 0) break;
        }
      }),
    );
  }

  async forget() {
    for (const sequence of this.free) await sequence.clearHistory();
  }

  close() {
    return this.llama.dispose();
  }
}
