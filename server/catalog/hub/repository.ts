/** What a repository of a hub holds, and which of its files a model needs. */
import { z } from 'zod';
import { VerityError } from '../../runtime/errors.ts';
import type { Hub } from './hub.ts';

/** A file as the hub describes it. Its digest is its name in the cache: SHA-256 of large files, Git's SHA-1 of others. */
export interface RepositoryFile {
  path: string;
  size: number;
  digest: string;
}

export interface Repository {
  id: string;
  /** The commit that the revision stands for. */
  commit: string;
  files: RepositoryFile[];
}

const Answer = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().int().nonnegative().optional(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: z.string(), size: z.number().int().nonnegative() }).optional(),
    }),
  ),
});

const DIGEST = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/;

/** `owner/name`, as hubs allow it. */
export const REPOSITORY_ID = /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/;

/** What the runtime reads. Pickled weights are never fetched, and safetensors of other frameworks serve nobody. */
const NEEDED = [
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|verity)\.json$/,
  /^chat_template\.(jinja|json)$/,
  /^adapter_config\.json$/,
  /^(?!consolidated)[\w.-]+\.safetensors(\.index\.json)?$/,
  /^(lm_head_bias|unseen_mask)\.pt$/,
  /^LICEN[CS]E([.-][\w.-]+)?$/i,
];

/**
 * Asks the hub for a repository's files at a revision.
 * @throws VerityError badInput if there is no such repository or it holds no model; the signal's reason.
 */
export async function readRepository(
  hub: Hub,
  id: string,
  revision: string,
  signal?: AbortSignal,
): Promise<Repository> {
  if (!REPOSITORY_ID.test(id))
    throw new VerityError('badInput', `${id} is no repository id; give one like Qwen/Qwen3-0.6B.`);
  const url = `${hub.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const raw = await hub.persist(
    id,
    async () => {
      const response = await hub.get(id, url, { accept: 'application/json' }, signal);
      return response.json();
    },
    signal,
  );
  const answer = Answer.safeParse(raw);
  if (!answer.success)
    throw new VerityError('badInput', `${hub.endpoint} does not answer as a hub does; check HF_ENDPOINT.`);
  const files = answer.data.siblings
    .filter(({ rfilename }) => NEEDED.some((pattern) => pattern.test(rfilename)))
    .map(({ rfilename: path, size = 0, blobId = '', lfs }) => ({
      path,
      size: lfs?.size ?? size,
      digest: lfs?.sha256 ?? blobId,
    }));
  refuseUnfit(id, files);
  return { id, commit: answer.data.sha, files };
}

function refuseUnfit(id: string, files: RepositoryFile[]): void {
  const names = files.map(({ path }) => path);
  const isModel = names.includes('config.json') || names.includes('adapter_config.json');
  if (!isModel || !names.some((name) => name.endsWith('.safetensors')))
    throw new VerityError(
      'badInput',
      `${id} holds no safetensors checkpoint; Verity reads config.json with *.safetensors (no GGUF, no *.bin).`,
    );
  const odd = files.find(({ digest }) => !DIGEST.test(digest));
  if (odd !== undefined)
    throw new VerityError(
      'badInput',
      `The hub gives no checksum for ${odd.path} of ${id}; nothing was loaded.`,
    );
}
