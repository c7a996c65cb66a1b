/** What a job asks in the name of a request: its priority, its beginning, its signal. */
import { describe, expect, it, vi } from 'vitest';
import type { GenerateRequest, Prompt } from '../../../server/runtime/language-model.ts';
import type { OpenOptions, TokenBranch, TokenModel } from '../../../server/runtime/token-model.ts';
import { RequestModel } from '../../../server/service/request-model.ts';
import { Request } from '../../../server/service/requests.ts';
import { greedyRequest } from '../runtime/fixtures.ts';
import { ScriptedModel } from '../judge/scripted-model.ts';

const PROMPT: Prompt = { kind: 'parts', parts: [{ text: 'x' }] };

function setup(signal?: AbortSignal) {
  const model = new ScriptedModel(() => ['y']);
  const request = new Request({ name: 'judge', priority: 'panel', signal }, () => undefined);
  return { model, request, seen: new RequestModel(model, request) };
}

describe('RequestModel', () => {
  it("asks with the request's priority of the moment, unless the job names one", async () => {
    const { model, request, seen } = setup();
    const ask = (more?: Partial<GenerateRequest>) => seen.generate(greedyRequest([{ text: 'x' }], more));
    await ask();
    request.priority = 'batch';
    await ask();
    await ask({ priority: 'inline' });
    expect(model.requests.map(({ priority }) => priority)).toEqual(['panel', 'batch', 'inline']);
  });

  it('begins the request when the scheduler begins with what it asks, and tells the job', async () => {
    const { model, request, seen } = setup();
    const told: boolean[] = [];
    vi.spyOn(model, 'generate').mockImplementation((_, hooks) => {
      told.push(request.hasBegun);
      hooks?.onBegin?.();
      return Promise.reject(new Error('enough'));
    });
    const onBegin = () => void told.push(request.hasBegun);
    await expect(seen.generate(greedyRequest([{ text: 'x' }]), { onBegin })).rejects.toThrow('enough');
    expect(told).toEqual([false, true]);
  });

  it('opens branches with its priority and signal, and begins once there is room', async () => {
    const { signal } = new AbortController();
    const { model, request, seen } = setup(signal);
    const asked: OpenOptions[] = [];
    const begun: boolean[] = [];
    const open = (options: OpenOptions) => {
      asked.push(options);
      begun.push(request.hasBegun);
      return Promise.resolve({} as TokenBranch);
    };
    vi.spyOn(model, 'tokens').mockResolvedValue({ open } as TokenModel as never);
    const tokens = await seen.tokens();
    request.priority = 'inline';
    await tokens.open({ positions: 3 });
    await tokens.open({ positions: 4, priority: 'batch' });
    expect(asked).toEqual([
      { positions: 3, priority: 'inline', signal },
      { positions: 4, priority: 'batch', signal },
    ]);
    expect(begun).toEqual([false, true]);
  });

  it("counts tokens under the request's signal, and leaves the model alone at its own end", async () => {
    const { signal } = new AbortController();
    const { model, seen } = setup(signal);
    const [count, dispose] = [vi.spyOn(model, 'countTokens'), vi.spyOn(model, 'dispose')];
    expect(await seen.countTokens(PROMPT)).toBe(1);
    expect(count).toHaveBeenCalledWith(PROMPT, signal);
    await seen.dispose();
    expect(dispose).not.toHaveBeenCalled();
  });
});
