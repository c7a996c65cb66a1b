/** Where an operating system keeps what can be made again. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** A folder of Verity's in the user's cache folder, by what it holds. */
export function userCacheDirectory(content: 'quantized' | 'merged' | 'devices' | 'realignment'): string {
  const { XDG_CACHE_HOME: xdg = '', LOCALAPPDATA: local } = process.env;
  const folders: Partial<Record<NodeJS.Platform, string>> = {
    win32: local ?? join(homedir(), 'AppData', 'Local'),
    darwin: join(homedir(), 'Library', 'Caches'),
  };
  const base = folders[process.platform] ?? (isAbsolute(xdg) ? xdg : join(homedir(), '.cache'));
  return join(base, 'verity', content);
}
