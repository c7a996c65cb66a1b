/** A Hugging Face hub over its HTTP interface: where it is, who asks, and what its answers mean. */
import { setTimeout } from 'node:timers/promises';
import { type Dispatcher, EnvHttpProxyAgent, fetch, ProxyAgent, type Response } from 'undici';
import { VerityError } from '../../runtime/errors.ts';

export interface HubOptions {
  /** `HF_ENDPOINT`: a mirror in place of https://huggingface.co. */
  endpoint?: string | undefined;
  /** Of the user's account, for gated repositories; never sent to another host. */
  token?: string | undefined;
  /** In place of what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
  proxy?: string | undefined;
  /** A connection that brings nothing for so long is given up. */
  stallMs?: number | undefined;
  /** How often a request is tried again, and the first pause before that; pauses double. */
  retries?: number | undefined;
  pauseMs?: number | undefined;
}

const PUBLIC = 'https://huggingface.co';

/** What may pass by itself. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Longer than this nobody waits for a rate limit to pass. */
const MAX_PAUSE_MS = 60_000;

export class Hub {
  readonly endpoint: string;
  readonly stallMs: number;
  private readonly token: string | undefined;
  private readonly retries: number;
  private readonly pauseMs: number;
  private readonly dispatcher: Dispatcher;

  constructor(options: HubOptions = {}) {
    const { endpoint = PUBLIC, token, proxy, stallMs = 30_000, retries = 5, pauseMs = 500 } = options;
    this.endpoint = endpoint.replace(/\/+$/, '');
    this.token = token;
    this.stallMs = stallMs;
    this.retries = retries;
    this.pauseMs = pauseMs;
    const timeouts = { connectTimeout: stallMs, headersTimeout: stallMs, bodyTimeout: stallMs };
    this.dispatcher =
      proxy === undefined
        ? new EnvHttpProxyAgent(timeouts)
        : new ProxyAgent({ uri: proxy, proxyTunnel: true, ...timeouts });
  }

  /** The place of a file of a repository. */
  fileUrl(id: string, revision: string, path: string): string {
    const place = path.split('/').map(encodeURIComponent).join('/');
    return `${this.endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${place}`;
  }

  /**
   * Gets a resource, through redirects; the token stays with the first host (the fetch standard drops it).
   * @throws VerityError badInput with what to do, where the hub refuses; else what the network throws.
   */
  async get(
    id: string,
    url: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const authorization = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const response = await fetch(url, {
      headers: { 'user-agent': 'verity', ...headers, ...authorization },
      dispatcher: this.dispatcher,
      ...(signal && { signal }),
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw TRANSIENT.has(response.status) ? new Busy(response) : this.refusal(id, response);
  }

  /** Runs what uses the network, again after failures that may pass. */
  async persist<Result>(id: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof VerityError) throw error;
        if (attempt >= this.retries) throw this.unreachable(id, error);
        const ms = Math.max(this.pauseMs * 2 ** attempt, waitAsked(error));
        await setTimeout(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  private refusal(id: string, { status }: Response): VerityError {
    const page = `${this.endpoint}/${id}`;
    if (status === 401 || status === 403) {
      const step = this.token === undefined ? 'set a token of your account' : 'use a token that may read it';
      return new VerityError(
        'badInput',
        `${id} is gated, private or unknown (${status}): accept its licence at ${page}, then ${step} (HF_TOKEN, or "Verity: Set Hugging Face Token").`,
      );
    }
    if (status === 404)
      return new VerityError('badInput', `There is no ${id} at ${this.endpoint} (404); check the name.`);
    return new VerityError('badInput', `${this.endpoint} refused ${id} with status ${status}.`);
  }

  private unreachable(id: string, error: unknown): VerityError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return new VerityError(
      'badInput',
      `${id} could not be downloaded from ${this.endpoint}: ${why}. What has come is kept; check the network or the proxy and try again.`,
      { cause: error },
    );
  }
}

/** The hub says that it cannot answer now. */
class Busy extends Error {
  readonly waitMs: number;

  constructor({ status, headers }: Response) {
    super(status === 429 ? 'too many requests (429)' : `the server answers ${status}`);
    const seconds = Number(headers.get('retry-after') ?? 0);
    this.waitMs = Number.isFinite(seconds) ? Math.min(seconds * 1000, MAX_PAUSE_MS) : 0;
  }
}

const waitAsked = (error: unknown): number => (error instanceof Busy ? error.waitMs : 0);
